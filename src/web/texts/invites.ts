import { count, dates, numbers } from "./format.ts";

/** The texts of invites: the page that a link opens, and the dialog with the links of a group. They load with those. */
export const inviteTexts = {
  title: "Invite people",
  titleOf: (group: string) => `Invite to ${group}`,
  text: "Anyone with the link can create an account and join.",
  textOfGroup:
    "Anyone with the link can join this group. New people create an account first, if this server allows it.",
  expiry: "Expires after",
  expiries: { day: "1 day", week: "7 days", month: "30 days", never: "Never" },
  uses: "Maximum uses",
  useCounts: { one: "Once", ten: "10 times", hundred: "100 times", any: "No limit" },
  active: "Active links",
  none: "No active links.",
  used: (uses: number, most: number | null) =>
    most === null
      ? `Used ${count(uses, "time", "times")}`
      : `Used ${numbers.format(uses)} of ${count(most, "time", "times")}`,
  until: (time: string) => `expires ${dates.format(new Date(time))}`,
  endless: "never expires",
  by: (name: string) => `by ${name}`,
  revoke: "Revoke",
  revokeOf: (code: string) => `Revoke the link ${code}`,
  revokeTitle: "Revoke this link?",
  revokeText: "No one can use it anymore. People who joined with it stay.",
  revoked: "The link no longer works.",
  invitesYou: (who: string) => `${who} invited you`,
  joinGroup: (group: string) => `Join ${group}`,
  people: (people: number) => count(people, "person", "people"),
  onServer: (server: string) => `On ${server}`,
  signedInAs: (name: string) => `You are signed in as ${name}.`,
  alreadyIn: (name: string) => `You already have an account here. You are signed in as ${name}.`,
  noAccount: "You can’t create an account with this link. Sign in with the one you have.",
  joining: "Joining…",
  notNow: "Not now",
  endedTitle: "This invite has ended",
  ended: {
    expired: "The link has expired. Ask for a new one.",
    used_up: "The link was used as often as allowed. Ask for a new one.",
    revoked: "The link was revoked. Ask for a new one.",
  } as Record<string, string>,
  unknownTitle: "Invite not found",
  unknown: "Check that you have the whole link, or ask for a new one.",
  failedTitle: "Couldn’t load the invite",
};
