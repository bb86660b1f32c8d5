import type { User } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { FormMessage } from "../../design/form.tsx";
import { memberTexts } from "../../texts/members.ts";
import { closeDialog, type OpenDialog, openDialog } from "../base/open-dialog.ts";
import { navigate, pathTo } from "../base/routing.ts";
import { useTask } from "../base/task.ts";
import { useSession } from "../session/context.ts";
import { PersonCard } from "./person-card.tsx";
import { startWith } from "./start-with.ts";

/** Shows a person, with a button to write to them. */
export function PersonDialog({ user, from }: { user: User; from: OpenDialog | undefined }) {
  const back = () => {
    openDialog.value = from;
  };
  const { client, me } = useSession();
  const task = useTask();
  const isMe = user.id === me.value?.id;
  const write = () =>
    task.run(async () => {
      await startWith(client, [user]);
      closeDialog();
    });
  return (
    <Dialog title={memberTexts.person} shape="small" onClose={back}>
      <FormMessage text={task.fault} />
      <PersonCard user={user} />
      {isMe ? (
        <Button
          wide
          icon="edit"
          onClick={() => {
            closeDialog();
            navigate(pathTo("settings", "profile"));
          }}
        >
          {memberTexts.editProfile}
        </Button>
      ) : (
        <Button kind="primary" wide icon="message" busy={task.busy} onClick={() => void write()}>
          {memberTexts.write}
        </Button>
      )}
    </Dialog>
  );
}
