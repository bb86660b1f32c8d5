import type { Conversation } from "../../../sdk/index.ts";
import type { MenuItem } from "../../design/menu-item.ts";
import { openMenu, type Place } from "../../design/placed-menu.tsx";
import { toast } from "../../design/toast.tsx";
import { memberTexts } from "../../texts/members.ts";
import { preferenceTexts } from "../../texts/preferences.ts";
import { texts } from "../../texts/texts.ts";
import { showDetails } from "../base/aside.ts";
import { otherOf, titleOf } from "../base/conversation-title.ts";
import { hideConversation, leaveGroup } from "../people/leaving.ts";
import { archiveAction, muteItems, readAction, unmuteAction } from "../preferences/actions.ts";
import type { Session } from "../session/session.ts";

/** Opens the menu of a row in a list of conversations. */
export function openRowMenu({ client, me }: Session, conversation: Conversation, place: Place) {
  const other = otherOf(conversation.info, me.peek());
  const item = ({ label, icon, run }: ReturnType<typeof readAction>) => ({ label, icon, onSelect: run });
  const attempt = (work: Promise<void>) =>
    void work.catch((error) => toast(error instanceof Error ? error.message : texts.design.failed, { error: true }));
  const items: MenuItem[] = [
    item(readAction(conversation)),
    conversation.preferences.isMuted
      ? item(unmuteAction(conversation))
      : { label: preferenceTexts.mute, icon: "bell-off", items: muteItems(conversation) },
    item(archiveAction(conversation)),
    { label: preferenceTexts.details, icon: "info", onSelect: () => showDetails(conversation.id) },
  ];
  if (other)
    items.push({
      label: memberTexts.hide,
      icon: "eye-off",
      onSelect: () => attempt(hideConversation(client, conversation, other)),
    });
  else if (conversation.info?.is_group)
    items.push({
      label: memberTexts.leave,
      icon: "sign-out",
      danger: true,
      onSelect: () => attempt(leaveGroup(conversation, me.peek())),
    });
  openMenu(texts.conversations.actions(titleOf(conversation, me.peek())), items, place);
}
