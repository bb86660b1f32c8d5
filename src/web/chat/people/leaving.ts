import type { ConfabClient, Conversation, User } from "../../../sdk/index.ts";
import { confirm } from "../../design/confirm.ts";
import { toast } from "../../design/toast.tsx";
import { memberTexts } from "../../texts/members.ts";
import { texts } from "../../texts/texts.ts";
import { closeConversation, openId } from "../base/routing.ts";
import { writeTo } from "./write-to.ts";

/** Asks, and leaves a group. Rejects if that fails. */
export async function leaveGroup(conversation: Conversation, me: User | undefined): Promise<void> {
  const { leaveText, leaveTextLast, leaveTextOwner, leaveTitle, leave } = memberTexts;
  const { info } = conversation;
  const isOwner = info?.owner_id === me?.id;
  const text = info?.participant_count === 1 ? leaveTextLast : isOwner ? leaveTextOwner : leaveText;
  if (!(await confirm({ title: leaveTitle, text, action: leave, danger: true }))) return;
  await conversation.leave();
  if (openId.peek() === conversation.id) closeConversation();
}

/** Hides a 1-on-1 until somebody writes. Nobody can leave one. Rejects if that fails. */
export async function hideConversation(client: ConfabClient, conversation: Conversation, other: User): Promise<void> {
  await conversation.hide();
  if (openId.peek() === conversation.id) closeConversation();
  toast(memberTexts.hidden, { action: { label: texts.design.undo, run: () => void writeTo(client, other) } });
}
