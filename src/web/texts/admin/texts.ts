import { ago, numbers } from "../format.ts";
import { audit } from "./audit.ts";
import { conversations } from "./conversations.ts";
import { bytes, moments } from "./format.ts";
import { invites } from "./invites.ts";
import { limits } from "./limits.ts";
import { overview } from "./overview.ts";
import { settings } from "./settings.ts";
import { users } from "./users.ts";

/** The texts of the admin panel, from a file for each noun. The chat does not load them. */
export const adminTexts = {
  title: "Administration",
  skip: "Skip to the content",
  backToChat: "Back to the chat",
  actions: "Actions",
  never: "never",
  nothing: "Nothing found.",
  previous: "Previous",
  next: "Next",
  tryAgain: "Try again",
  failed: "That did not work. Please try again.",
  offline: "Couldn’t reach the server.",
  number: (value: number) => numbers.format(value),
  bytes,
  ago: (time: string) => ago(time, moments),
  moment: (time: string) => moments.format(new Date(time)),
  range: (first: number, last: number, total: number, isExact: boolean) =>
    total === 0
      ? ""
      : `${numbers.format(first)}–${numbers.format(last)} of ${numbers.format(total)}${isExact ? "" : "+"}`,

  views: {
    overview: "Overview",
    users: "Users",
    conversations: "Conversations",
    invites: "Invites",
    limits: "Limits",
    audit: "Audit log",
    settings: "Settings",
  },

  shutOut: {
    title: "You can’t use this page",
    text: "You were signed out, or you are no longer an admin.",
  },

  confirm: {
    title: "Confirm your password",
    waits: "Too many attempts. Trying again in a moment.",
    text: "Enter your password to confirm that it is you.",
    password: "Your password",
    action: "Confirm",
  },

  link: {
    link: "Link",
    copy: "Copy link",
    copied: "Copied",
    share: "Share",
    close: "Done",
    until: (time: string) => `It works until ${moments.format(new Date(time))}.`,
  },

  groups: {
    title: "Choose a group",
    search: "Search by name, person or email",
    choose: "Choose a group",
    take: "Remove",
  },

  overview,
  users,
  conversations,
  invites,
  settings,
  limits,
  audit,
};
