import type { Conversation, User } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { FormMessage } from "../../design/form.tsx";
import { memberTexts } from "../../texts/members.ts";
import { startGroup } from "../base/open-dialog.ts";
import { useTask } from "../base/task.ts";
import { LatestFiles } from "../files/latest-part.ts";
import { PreferenceButtons } from "../preferences/buttons.tsx";
import { useSession } from "../session/context.ts";
import { hideConversation } from "./leaving.ts";
import { PersonCard } from "./person-card.tsx";
import "./details.css";

/** The other person of a 1-on-1, and the actions on it. Nobody can leave one, but they can hide it. */
export function PersonDetails({ conversation, other }: { conversation: Conversation; other: User }) {
  const { client } = useSession();
  const task = useTask();

  const hide = () => task.run(() => hideConversation(client, conversation, other));

  return (
    <>
      <PersonCard user={other} />
      <PreferenceButtons conversation={conversation} />
      <LatestFiles props={{ conversation }} />
      <FormMessage text={task.fault} />
      <div class="details-end">
        {other.is_active !== false && (
          <Button wide icon="users" onClick={() => startGroup([other])}>
            {memberTexts.groupWith(other.first_name)}
          </Button>
        )}
        <Button wide icon="eye-off" busy={task.busy} onClick={() => void hide()}>
          {memberTexts.hide}
        </Button>
        <p class="field-hint">{memberTexts.hideHint}</p>
      </div>
    </>
  );
}
