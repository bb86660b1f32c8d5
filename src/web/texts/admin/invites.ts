import { numbers } from "../format.ts";

/** The texts of the list of invites and of the form for a new one. */
export const invites = {
  intro: "People use a link to join this server or a group. The settings decide whether a link can create accounts.",
  create: "Create invite",
  none: "No invites yet.",
  into: "For",
  intoHint: "People who use the link join this group. You must be a member of it.",
  server: "The server",
  madeBy: "Created by",
  uses: "Used",
  used: (uses: number, most: number | null) =>
    most === null ? numbers.format(uses) : `${numbers.format(uses)} of ${numbers.format(most)}`,
  expires: "Expires",
  state: "Status",
  states: { active: "active", expired: "expired", used_up: "used up", revoked: "revoked" },
  membersOnly: "Only for people with an account",
  life: "Expires after",
  lives: { day: "1 day", week: "7 days", month: "30 days", year: "1 year", never: "Never" },
  maxUses: "How many people can use it",
  maxUsesHint: "Leave empty for no limit.",
  made: "The invite is ready",
  madeFor: (group: string) => `Send this link to people who should join “${group}”.`,
  madeForServer: "Send this link to people who should join this server.",
  copyOf: (code: string) => `Copy the link ${code}`,
  copied: "Link copied.",
  revoke: {
    label: "Revoke",
    of: (code: string) => `Revoke the link ${code}`,
    title: "Revoke this invite?",
    text: "No one can use this link anymore. People who joined with it stay. You can’t undo this.",
    done: "Invite revoked.",
  },
};
