import type { Conversation } from "../../../sdk/index.ts";
import type { IconName } from "../../design/icon.tsx";
import type { MenuAction } from "../../design/menu-item.ts";
import { toast } from "../../design/toast.tsx";
import { preferenceTexts } from "../../texts/preferences.ts";
import { texts } from "../../texts/texts.ts";

const HOUR_MS = 3_600_000;
/** The hour at which a mute until tomorrow ends. */
const MORNING = 8;

type Changes = Parameters<Conversation["update"]>[0];

/** An action on a conversation that only you see the effect of. */
export interface PreferenceAction {
  label: string;
  icon: IconName;
  run: () => void;
}

/** Marks the conversation as read, or as unread. */
export function readAction(conversation: Conversation): PreferenceAction {
  const isUnread = conversation.unread > 0 || conversation.preferences.markedUnread;
  return {
    label: isUnread ? preferenceTexts.markRead : preferenceTexts.markUnread,
    icon: isUnread ? "check-double" : "circle-dot",
    run: () => {
      if (conversation.unread > 0) conversation.markRead();
      if (!isUnread || conversation.preferences.markedUnread) void update(conversation, { markedUnread: !isUnread });
    },
  };
}

/** Takes the conversation out of the list, or puts it back. Both can be undone. */
export function archiveAction(conversation: Conversation): PreferenceAction {
  const { archived, isMuted } = conversation.preferences;
  const { unarchived, archivedMuted } = preferenceTexts;
  const said = archived ? unarchived : isMuted ? archivedMuted : preferenceTexts.archived;
  return {
    label: archived ? preferenceTexts.unarchive : preferenceTexts.archive,
    icon: "archive",
    run: async () => {
      if (!(await update(conversation, { archived: !archived }))) return;
      const undo = () => void update(conversation, { archived });
      toast(said, {
        action: { label: texts.design.undo, run: undo },
      });
    },
  };
}

/** The action that ends a mute. */
export const unmuteAction = (conversation: Conversation): PreferenceAction => ({
  label: preferenceTexts.unmute,
  icon: "bell",
  run: () =>
    void update(conversation, {
      mutedUntil: null,
      ...(conversation.preferences.level === "nothing" ? { level: "all" } : {}),
    }),
});

/** Chooses the messages of a group that notify you. Of a 1-on-1 all of them do. */
function levelItems(conversation: Conversation): MenuAction[] {
  if (!conversation.info?.is_group) return [];
  const { levels } = preferenceTexts;
  return (["all", "mentions"] as const).map((level) => ({
    label: levels[level],
    group: "level",
    ...(conversation.preferences.level === level ? { icon: "check" as const } : {}),
    onSelect: () => void update(conversation, { level }),
  }));
}

/** Chooses the messages that notify you, and mutes a conversation for a time. */
export function muteItems(conversation: Conversation, now = new Date()): MenuAction[] {
  const mute = (label: string, changes: Changes): MenuAction => ({
    label,
    onSelect: () => void update(conversation, changes),
  });
  const until = (time: Date) => ({ mutedUntil: time.toISOString() });
  const morning = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, MORNING);
  const { muteFor } = preferenceTexts;
  return [
    ...levelItems(conversation),
    mute(muteFor.hour, until(new Date(now.getTime() + HOUR_MS))),
    mute(muteFor.hours, until(new Date(now.getTime() + 8 * HOUR_MS))),
    mute(muteFor.morning(morning), until(morning)),
    mute(muteFor.always, { level: "nothing" }),
  ];
}

/** Resolves with whether it worked. Says so otherwise. */
async function update(conversation: Conversation, changes: Changes): Promise<boolean> {
  try {
    await conversation.update(changes);
    return true;
  } catch (error) {
    toast(error instanceof Error ? error.message : texts.design.failed, { error: true });
    return false;
  }
}
