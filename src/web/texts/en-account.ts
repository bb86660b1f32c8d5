import { count, dates, numbers } from "./en-words.ts";

/* The texts of getting in: accounts, the first run, invites, and who may add whom. */

export const account = {
  registerTitle: (server: string) => `Create your account on ${server}`,
  signInTitle: (server: string) => `Sign in to ${server}`,
  register: "Create account",
  signIn: "Sign in",
  firstName: "First name",
  lastName: "Last name",
  lastNameOptional: "Last name (optional)",
  email: "E-mail",
  password: "Password",
  passwordHint: "At least 8 characters.",
  haveAccount: "Have an account?",
  noAccount: "New here?",
  closed: (server: string) => `Only people with an account can come in. Ask an admin of ${server} for one.`,
  byInvite: (server: string) => `You need an invite link to create an account here. Ask an admin of ${server} for one.`,
  haveOne: "You already have an account. Sign in, or ask an admin for a new password.",
  forgot: "Forgot your password?",
  forgotText: (server: string) => `Ask an admin of ${server} for a link that sets a new one.`,
  waiting: "The server is busy right now. This page tries again by itself.",
  waitingFor: (seconds: number) => `In ${numbers.format(seconds)} s`,
  stopWaiting: "Stop",
  endedElsewhere: "Your session has ended, here or from another device. Drafts in this browser were removed.",
  unsent: (messages: number) =>
    messages === 1
      ? "1 message is not sent yet. It stays in this browser and goes out when you sign in again."
      : `${numbers.format(messages)} messages are not sent yet. They stay in this browser and go out when you sign in again.`,
  discardUnsent: "Discard",
  discardTitle: "Discard unsent messages?",
  discardText: "They were never sent. You can’t get them back.",
  code: {
    notice: "Are you setting up this server?",
    enter: "Enter the set-up code",
  },
  newPassword: {
    checking: "Looking at the link…",
    title: "Choose a new password",
    titleNew: (server: string) => `Welcome to ${server}`,
    hello: (name: string) => `Hello ${name}. Choose a new password for your account.`,
    helloNew: (name: string) => `Hello ${name}. Your account is ready: choose a password for it.`,
    password: "New password",
    again: "New password again",
    save: "Save and sign in",
    effect: "You will be signed out everywhere else.",
    mismatch: "Passwords do not match.",
    endedTitle: "This link no longer works",
    ended: "It has expired or was already used. Ask an admin for a new one.",
    noToken: "Part of the link is missing. Open the whole link that you were sent.",
    toChat: "Open the chat",
  },
};

export const setUp = {
  title: "Set up this server",
  here: "Nobody has an account here yet. You will be its admin.",
  code: "Enter the code that the server printed when it started. You will be its admin.",
  codeLabel: "Set-up code",
  codeHint: "Ten letters and digits: XXXXX-XXXXX.",
  create: "Create admin account",
  noCode: "No code?",
  without: "Create an account without it",
  step: (step: number, steps: number) => `Step ${step} of ${steps}`,
  later: "You can change all of this later under Administration.",
  skip: "Skip",
  next: "Continue",
  done: "Start chatting",
  nameTitle: "What is your server called?",
  nameText: "People see this name when they sign in.",
  name: "Name",
  nameExample: "Example Team",
  whoTitle: "Who may create an account?",
  who: "New accounts",
  whos: {
    invite: "People with an invite link",
    open: "Everybody who knows the address",
    closed: "Only those you add yourself",
  },
  whoHint: {
    invite: "Recommended: strangers stay outside, and you send a link to your people.",
    open: "Strangers who find the address can come in.",
    closed: "You add each person under Administration.",
  },
  whoFixed: "The settings of the server decide this.",
  groupTitle: "A group for everybody",
  groupText: "New people join it by themselves, so that nobody starts with an empty page.",
  groupName: "Name of the group",
  groupExample: "Everybody",
  inviteTitle: "Invite your people",
  inviteText: "Send them this link. It works for 7 days.",
};

export const invites = {
  title: "Invite people",
  titleOf: (group: string) => `Invite to ${group}`,
  byLink: "Invite by link",
  text: "Anybody who opens the link can create an account and come in.",
  textOfGroup:
    "Anybody who opens the link can join this group. New people create an account first, if this server lets them.",
  expiry: "Expires after",
  expiries: { day: "1 day", week: "7 days", month: "30 days", never: "Never" },
  uses: "Maximum uses",
  useCounts: { one: "Once", ten: "10 times", hundred: "100 times", any: "No limit" },
  create: "Create link",
  link: "Invite link",
  copy: "Copy",
  copied: "Copied",
  share: "Share",
  active: "Active links",
  none: "There are no active links.",
  used: (uses: number, most: number | null) =>
    most === null
      ? `Used ${count(uses, "time", "times")}`
      : `Used ${numbers.format(uses)} of ${numbers.format(most)} times`,
  until: (time: string) => `expires ${dates.format(new Date(time))}`,
  endless: "never expires",
  by: (name: string) => `by ${name}`,
  revoke: "Revoke",
  revokeOf: (code: string) => `Revoke the link ${code}`,
  revokeTitle: "Revoke this link?",
  revokeText: "Nobody can use it any more. People who came in with it stay.",
  revoked: "The link no longer works.",
  more: "Show more",
  looking: "Looking at the invite…",
  invitesYou: (who: string) => `${who} invites you`,
  joinGroup: (group: string) => `Join ${group}`,
  people: (people: number) => count(people, "person", "people"),
  onServer: (server: string) => `On ${server}`,
  signedInAs: (name: string) => `You are signed in as ${name}.`,
  alreadyIn: (name: string) => `You already have an account here. You are signed in as ${name}.`,
  noAccount: "This link does not create accounts. Sign in with the one you have.",
  joining: "Joining…",
  notNow: "Not now",
  endedTitle: "This invite has ended",
  ended: {
    expired: "The link has expired. Ask for a new one.",
    used_up: "The link has reached its maximum uses. Ask for a new one.",
    revoked: "The link was revoked. Ask for a new one.",
  } as Record<string, string>,
  unknownTitle: "There is no such invite",
  unknown: "Check that you have the whole link, or ask for a new one.",
  failedTitle: "The invite could not be loaded",
  tryAgain: "Try again",
  refusedTitle: "You can’t join with this link",
  toChat: "Open the chat",
};

export const requests = {
  title: "Requests",
  wantsToWrite: "wants to write to you",
  wantsToAdd: (group: string) => `wants to add you to ${group}`,
  accept: "Accept",
  acceptOf: (name: string) => `Accept the request from ${name}`,
  decline: "Decline",
  declineOf: (name: string) => `Decline the request from ${name}`,
  declined: "Declined. They are not told.",
  more: "Show more",
  arrived: (name: string) => `New request from ${name}`,
};

export const added = {
  row: "You were added to this group",
  badge: "New",
  one: (group: string) => `You were added to ${group}`,
  many: (groups: number) => `You were added to ${count(groups, "group", "groups")}`,
  open: "Open",
};

export const asked = (names: string) => `Request sent to ${names}.`;

export const privacy = {
  mayAddMe: "Who may write to you or add you to a group",
  mayAddMeHint: "All others have to ask. Their requests appear above your conversations.",
  mayAddMes: {
    everybody: "Everybody",
    shared: "People I share a conversation with",
    nobody: "Nobody",
  },
};
