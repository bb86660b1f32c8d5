import type { Level } from "../protocol/me.ts";
import type { Mentions } from "../protocol/mentions.ts";
import type { NotificationSettings, NotifyReason } from "../protocol/notifications.ts";
import { keywordIn } from "./keywords.ts";
import { isQuiet, isSnoozed } from "./quiet.ts";

/** A message, as far as it decides whom it notifies. */
export interface NotifyingMessage {
  senderId: number;
  seq: number;
  content: string;
  isDeleted: boolean;
  mentions?: Mentions | undefined;
  /** It answers a message of the person. */
  isReplyToYou: boolean;
}

/** A person in a conversation. */
export interface NotifiedMember {
  userId: number;
  kind: "direct" | "group" | "channel" | "thread";
  level: Level;
  mutedUntil: string | null;
  readSeq: number;
  /** Of a thread. */
  isFollowing?: boolean | undefined;
  /** Whether the person was online when the message was sent, so that `<!here>` means them. */
  wasHere: boolean;
}

/** Where the person is. */
export interface NotifiedPresence {
  /** A page of theirs is open. */
  isOnline: boolean;
  /** They have this conversation before their eyes. */
  isLooking: boolean;
}

export interface Decision {
  /** It counts in the badge. */
  badge: boolean;
  /** An open page shows a notification. */
  sound: boolean;
  push: boolean;
  mail: boolean;
  reason: NotifyReason;
}

/**
 * Decides how a message notifies one person. The server and every device of the person call it with the same settings, so
 * they agree. It depends on its arguments alone.
 * @param now in ms since 1970
 */
export function decide(
  message: NotifyingMessage,
  member: NotifiedMember,
  account: NotificationSettings,
  presence: NotifiedPresence,
  now: number,
): Decision {
  const silent = silencedBy(message, member, now);
  if (silent) return { badge: false, sound: false, push: false, mail: false, reason: silent };
  const cause = causeOf(message, member, account);
  if (cause === "only_mentions" || cause === "not_following")
    return { badge: false, sound: false, push: false, mail: false, reason: cause };
  if (presence.isLooking) return { badge: false, sound: false, push: false, mail: false, reason: "looking" };
  const quiet = isSnoozed(account, now) ? "snoozed" : isQuiet(account, now) ? "do_not_disturb" : undefined;
  return {
    badge: true,
    sound: !quiet && presence.isOnline,
    push: !quiet,
    // A mail disturbs nobody, so it comes in quiet hours too.
    mail: !presence.isOnline,
    reason: quiet ?? cause,
  };
}

/** Why the message notifies nobody like this person, whatever it says. */
function silencedBy(message: NotifyingMessage, member: NotifiedMember, now: number): NotifyReason | undefined {
  if (message.senderId === member.userId) return "own_message";
  if (message.isDeleted) return "deleted";
  if (message.seq <= member.readSeq) return "read";
  if (member.level === "nothing") return "nothing";
  return member.mutedUntil !== null && Date.parse(member.mutedUntil) > now ? "muted" : undefined;
}

/** Whether and why the message is for this person. */
function causeOf(message: NotifyingMessage, member: NotifiedMember, account: NotificationSettings): NotifyReason {
  const { mentions } = message;
  if (mentions?.user_ids.includes(member.userId)) return "mention";
  if (message.isReplyToYou) return "reply";
  if (mentions?.scope === "all") return "all";
  if (mentions?.scope === "here" && member.wasHere) return "here";
  if (keywordIn(message.content, account.keywords) !== undefined) return "keyword";
  if (member.level === "mentions") return "only_mentions";
  if (member.kind === "direct") return "direct";
  if (member.kind !== "thread") return "every_message";
  return member.isFollowing === false ? "not_following" : "following";
}
