import type { Conversation, User } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { FormMessage } from "../../design/form.tsx";
import { toast } from "../../design/toast.tsx";
import { memberTexts } from "../../texts/members.ts";
import { closeDialog } from "../base/open-dialog.ts";
import { closeConversation } from "../base/routing.ts";
import { useTask } from "../base/task.ts";
import { useSession } from "../session/context.ts";
import { writeTo } from "./write-to.ts";

/** Hides a 1-on-1 until somebody writes. Nobody can leave one. */
export function HideConversation({ conversation, other }: { conversation: Conversation; other: User }) {
  const { client } = useSession();
  const task = useTask();

  async function hide() {
    if (!(await task.run(() => conversation.hide()))) return;
    closeDialog();
    closeConversation();
    toast(memberTexts.hidden, { action: { label: memberTexts.undo, run: () => void writeTo(client, other) } });
  }

  return (
    <div class="details-end">
      <FormMessage text={task.fault} />
      <Button icon="eye-off" busy={task.busy} onClick={() => void hide()}>
        {memberTexts.hide}
      </Button>
      <p class="field-hint">{memberTexts.hideHint}</p>
    </div>
  );
}
