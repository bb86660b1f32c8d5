import { expect, test } from "bun:test";
import { type Decision, decide, type NotifiedMember, type NotifyingMessage } from "../../src/notify/decide.ts";
import { NO_NOTIFICATION_SETTINGS } from "../../src/notify/no-settings.ts";
import { reasonTexts } from "../../src/notify/reasons.ts";
import { type NotificationSettings, notifyReasons } from "../../src/protocol/notifications.ts";

const NOW = Date.parse("2026-03-14T23:30:00Z");
const ME = 2;
const message: NotifyingMessage = { senderId: 1, seq: 7, content: "hello", isDeleted: false, isReplyToYou: false };
const member: NotifiedMember = { userId: ME, kind: "group", level: "all", mutedUntil: null, readSeq: 6, wasHere: true };

/** Each cause with a message that has it, and whether it notifies at each level. */
const causes: {
  name: string;
  message: Partial<NotifyingMessage>;
  member?: Partial<NotifiedMember>;
  reason: string;
  atMentions: boolean;
}[] = [
  { name: "a mention", message: { mentions: { user_ids: [5, ME] } }, reason: "mention", atMentions: true },
  {
    name: "a mention of somebody else",
    message: { mentions: { user_ids: [5] } },
    reason: "every_message",
    atMentions: false,
  },
  { name: "a reply", message: { isReplyToYou: true }, reason: "reply", atMentions: true },
  { name: "everybody", message: { mentions: { user_ids: [], scope: "all" } }, reason: "all", atMentions: true },
  {
    name: "everybody online",
    message: { mentions: { user_ids: [], scope: "here" } },
    reason: "here",
    atMentions: true,
  },
  {
    name: "everybody online while away",
    message: { mentions: { user_ids: [], scope: "here" } },
    member: { wasHere: false },
    reason: "every_message",
    atMentions: false,
  },
  { name: "a keyword", message: { content: "The DEPLÓY failed" }, reason: "keyword", atMentions: true },
  { name: "a plain message", message: {}, reason: "every_message", atMentions: false },
  { name: "a 1-on-1", message: {}, member: { kind: "direct" }, reason: "direct", atMentions: false },
  {
    name: "a followed thread",
    message: {},
    member: { kind: "thread", isFollowing: true },
    reason: "following",
    atMentions: false,
  },
  {
    name: "a thread that is not followed",
    message: {},
    member: { kind: "thread", isFollowing: false },
    reason: "not_following",
    atMentions: false,
  },
  {
    name: "a mention in a thread that is not followed",
    message: { mentions: { user_ids: [ME] } },
    member: { kind: "thread", isFollowing: false },
    reason: "mention",
    atMentions: true,
  },
  { name: "a channel", message: {}, member: { kind: "channel" }, reason: "every_message", atMentions: false },
];
const levels = ["all", "mentions", "nothing"] as const;
const mutes = { none: null, past: "2026-03-14T23:29:59Z", coming: "2026-03-15T08:00:00Z" } as const;
const quiets: Record<string, Partial<NotificationSettings>> = {
  none: {},
  snoozed: { snooze_until: "2026-03-15T08:00:00Z" },
  "a snooze that has ended": { snooze_until: "2026-03-14T23:00:00Z" },
  do_not_disturb: {
    do_not_disturb: { ...NO_NOTIFICATION_SETTINGS.do_not_disturb, saturday: { from: "22:00", to: "07:00" } },
  },
};
const presences = [
  { isOnline: false, isLooking: false },
  { isOnline: true, isLooking: false },
  { isOnline: true, isLooking: true },
];
const silences: {
  name: string;
  message?: Partial<NotifyingMessage>;
  member?: Partial<NotifiedMember>;
  reason: string;
}[] = [
  { name: "your own message", message: { senderId: ME }, reason: "own_message" },
  { name: "a deleted message", message: { isDeleted: true }, reason: "deleted" },
  { name: "a message that you have read", member: { readSeq: 7 }, reason: "read" },
];

/** The rules once more, written apart from `decide`. */
function expected(
  reason: string,
  notifies: boolean,
  quiet: string | undefined,
  isOnline: boolean,
  isLooking: boolean,
): Decision {
  const is = (badge: boolean, sound: boolean, push: boolean, mail: boolean, why: string): Decision => {
    const known = notifyReasons.find((one) => one === why);
    if (!known) throw new Error(`no reason ${why}`);
    return { badge, sound, push, mail, reason: known };
  };
  if (!notifies) return is(false, false, false, false, reason);
  if (isLooking) return is(false, false, false, false, "looking");
  if (quiet) return is(true, false, false, !isOnline, quiet);
  return is(true, isOnline, true, !isOnline, reason);
}

test("a decision follows the rules in every combination", () => {
  let n = 0;
  const wrong: string[] = [];
  for (const cause of causes)
    for (const level of levels)
      for (const [mute, mutedUntil] of Object.entries(mutes))
        for (const [quiet, settings] of Object.entries(quiets))
          for (const presence of presences)
            for (const silence of [undefined, ...silences]) {
              n++;
              const name = [
                cause.name,
                level,
                `mute ${mute}`,
                quiet,
                presence.isLooking ? "looking" : presence.isOnline ? "online" : "away",
                silence?.name ?? "",
              ].join(", ");
              const decision = decide(
                { ...message, ...cause.message, ...silence?.message },
                { ...member, ...cause.member, ...silence?.member, level, mutedUntil },
                { ...NO_NOTIFICATION_SETTINGS, keywords: ["deploy"], ...settings },
                presence,
                NOW,
              );
              const isMuted = mute === "coming";
              const silent = silence?.reason ?? (level === "nothing" ? "nothing" : isMuted ? "muted" : undefined);
              const reason = silent ?? (level === "mentions" && !cause.atMentions ? "only_mentions" : cause.reason);
              const notifies = !silent && (level === "all" ? reason !== "not_following" : cause.atMentions);
              const isQuiet = quiet === "snoozed" || quiet === "do_not_disturb" ? quiet : undefined;
              const wanted = expected(reason, notifies, isQuiet, presence.isOnline, presence.isLooking);
              if (!Bun.deepEquals(decision, wanted)) wrong.push(`${name}: ${JSON.stringify(decision)}`);
            }
  expect(wrong).toEqual([]);
  expect(n).toBe(13 * 3 * 3 * 4 * 3 * 4);
});

test("every reason has words", () => {
  expect(Object.keys(reasonTexts).sort()).toEqual([...notifyReasons].sort());
});
