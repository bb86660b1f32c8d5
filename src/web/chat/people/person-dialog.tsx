import type { User } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Button } from "../../design/button.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { FormMessage } from "../../design/form.tsx";
import { memberTexts } from "../../texts/members.ts";
import { texts } from "../../texts/texts.ts";
import { closeDialog, type OpenDialog, openDialog } from "../base/open-dialog.ts";
import { navigate, pathTo } from "../base/routing.ts";
import { useTask } from "../base/task.ts";
import { useSession } from "../session/context.ts";
import { usePresenceOf } from "../session/presence.ts";
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

export function PersonCard({ user }: { user: User }) {
  const presence = usePresenceOf(user.id);
  const seen = presence?.last_seen ?? user.last_seen;
  return (
    <div class="person-card">
      <Avatar name={user.full_name} id={user.id} size="l" online={presence?.online} />
      <p class="person-name">
        <bdi>{user.full_name}</bdi>
      </p>
      <p class="soft">
        {user.is_active === false
          ? texts.people.deactivated
          : presence?.online
            ? texts.people.online
            : seen
              ? texts.people.lastSeen(seen)
              : ""}
      </p>
      <dl class="facts">
        <div>
          <dt>{texts.account.email}</dt>
          <dd>
            <a href={`mailto:${user.email}`}>{user.email}</a>
          </dd>
        </div>
        <div>
          <dt>{memberTexts.joined}</dt>
          <dd>{memberTexts.since(user.date_joined)}</dd>
        </div>
      </dl>
    </div>
  );
}
