import type { AuditAction, AuditDetails, AuditTarget, LimitInForce } from "../../protocol/admin.ts";
import type { MetricRange } from "../../protocol/metrics.ts";

import { ago, count, list, numbers } from "./en.ts";
import { bytes, clocks, duration, moments, percents, rough, seconds } from "./en-format.ts";

/** `minute` for what happens in one, `10 seconds` otherwise. */
const each = (ms: number) => duration(ms).replace(/^1 /, "");

function limitText({ value, unit, window_ms }: LimitInForce): string {
  if (typeof value === "string") return value;
  if (value === null) return unit === "ms" ? "for ever" : "off";
  if (unit === "hits") return `${numbers.format(value)} per ${each(window_ms ?? 1000)}`;
  if (unit === "ms") return duration(value);
  if (unit === "bytes") return bytes(value);
  return unit === "characters" ? count(value, "character", "characters") : numbers.format(value);
}

const did: Record<AuditAction, string> = {
  superuser_created: "created the superuser",
  superuser_granted: "made a superuser of",
  superuser_revoked: "took the superuser's right from",
  user_deactivated: "deactivated",
  user_reactivated: "reactivated",
  user_added: "added",
  reset_link_made: "made a password link for",
  invite_made: "made",
  invite_revoked: "revoked",
  session_ended: "ended a session of",
  sessions_ended: "ended all sessions of",
  user_viewed: "looked at the sessions of",
  messages_read: "read messages of",
  message_removed: "removed",
  conversation_removed: "removed the conversation",
  password_set: "set the password of",
  settings_changed: "changed the settings of",
};

const actions: Record<AuditAction, string> = {
  superuser_created: "Superuser created",
  superuser_granted: "Made a superuser",
  superuser_revoked: "Superuser's right taken",
  user_deactivated: "User deactivated",
  user_reactivated: "User reactivated",
  user_added: "User added",
  reset_link_made: "Password link made",
  invite_made: "Invite made",
  invite_revoked: "Invite revoked",
  session_ended: "Session ended",
  sessions_ended: "All sessions ended",
  user_viewed: "Sessions looked at",
  messages_read: "Messages read",
  message_removed: "Message removed",
  conversation_removed: "Conversation removed",
  password_set: "Password set",
  settings_changed: "Settings changed",
};

const targets: Record<AuditTarget, string> = {
  user: "a user",
  conversation: "a conversation without a name",
  message: "a message",
  invite: "an invite",
  server: "this server",
};

/** What an entry says beside who, what and whom. */
function details(given: AuditDetails): string {
  const parts: string[] = [];
  const { count: many, first_seq, last_seq, participants, messages, seq } = given;
  if (typeof first_seq === "number") parts.push(many === 0 ? "nothing was there" : `#${first_seq} to #${last_seq}`);
  else if (typeof many === "number") parts.push(count(many, "session", "sessions"));
  if (typeof seq === "number") parts.push(`#${seq}`);
  if (typeof participants === "number") parts.push(count(participants, "person", "people"));
  if (typeof messages === "number") parts.push(count(messages, "message", "messages"));
  return parts.join(" · ");
}

const utcDays = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });
const dayOf = (day: string) => utcDays.format(new Date(day));

const ranges: Record<MetricRange, string> = { hour: "Hour", day: "Day" };

/** Every text of the admin panel: a translation is a file like this one with the same keys. */
export const adminEn = {
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
  offline: "The server can't be reached.",
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
    title: "You can't go on here",
    text: "You have been signed out, or you are no superuser any more.",
  },

  overview: {
    range: "How long",
    ranges,
    scope: "Which nodes",
    scopes: { together: "All together", nodes: "Each node" },
    nothingYet: "The first figures come within five seconds.",
    stale: (why: string) => `${why.replace(/[^.]$/, "$&.")} What is shown stands still until it answers again.`,
    overTime: "Over time",
    perSecond: (value: number) => `${rough.format(value)}/s`,
    ms: (value: number) => `${rough.format(value)} ms`,
    percent: (value: number) => percents.format(value),
    clock: (moment: number) => clocks.format(moment),
    at: (moment: number) => seconds.format(moment),
    noValues: (label: string) => `${label}: nothing yet.`,
    between: (label: string, least: string, most: string) => `${label}: between ${least} and ${most}.`,
    up: "up",
    away: "away",
    database: "PostgreSQL",
    embedded: "Embedded database",
    nodes: "Nodes",
    node: "Node",
    started: "Started",
    alive: (version: string) => `running ${version}`,
    ended: (name: string) => `${name} (ended)`,
    gone: (time: string) => `last heard ${ago(time, moments)}`,
    tiles: {
      nodes: "Nodes",
      connections: "Open sockets",
      messages: "Messages",
      delivery: "Slowest delivery",
      errors: "Errors",
    },
    days: {
      title: "Messages per day",
      hint: "Messages sent in the last 30 days, by days in UTC",
      summary: (total: number, today: number) => `${numbers.format(total)} in 30 days, ${numbers.format(today)} today`,
      of: (day: string, messages: number) => `${dayOf(day)}: ${count(messages, "message", "messages")}`,
      day: (day: string) => dayOf(day),
    },
    plots: {
      connections: { title: "Connections", hint: "Open WebSockets" },
      messages: { title: "Messages", hint: "Messages stored, and frames handed to sockets, each second" },
      delivery: {
        title: "Delivery delay",
        hint: "From a send's arrival to its commit and handover to all sockets of the node that took it",
      },
      requests: { title: "HTTP requests", hint: "Answers of the API, each second" },
      errors: { title: "Errors", hint: "Answers and frames that told of a fault of the server, each second" },
      loop: { title: "Event-loop delay", hint: "How late the process comes to what is due" },
      cpu: { title: "CPU", hint: "100 % is one core" },
      memory: { title: "Memory", hint: "Of the whole process, and of its JavaScript" },
    },
    lines: {
      sockets: "sockets",
      stored: "stored",
      delivered: "delivered",
      half: "median",
      p99: "slowest 1 in 100",
      fine: "2xx",
      refused: "4xx",
      answers: "5xx",
      frames: "frames",
      cpu: "used",
      process: "process",
      heap: "heap",
    },
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
    search: "Search by name, person or e-mail",
    choose: "Choose a group",
    take: "Remove",
  },

  users: {
    add: {
      label: "Add person",
      text: "You get a link to send to them. With it they choose a password and sign in.",
      superuser: "Superuser",
      superuserHint: "They can do everything that you can do here.",
      done: (name: string) => `${name} is added`,
      link: "Send this link to them. It works once and for 7 days. It is shown only now; you can make another one later.",
    },
    passwordLink: {
      label: "Make a password link",
      question: (name: string) => ({
        title: `Make a password link for ${name}?`,
        text: "Anybody who has the link can choose a new password and sign in. That ends all other sessions. Earlier links stop working.",
      }),
      done: (name: string) => `A password link for ${name}`,
      text: "Send this link to them. It works once and for 24 hours. It is shown only now; you can make another one later.",
    },
    search: "Search by name or e-mail",
    show: "Show",
    filters: {
      "": "Everybody",
      active: "Active",
      deactivated: "Deactivated",
      superusers: "Superusers",
    } as Record<string, string>,
    person: "Person",
    state: "State",
    lastSeen: "Last seen",
    joined: "Joined",
    id: "Id",
    you: "you",
    superuser: "superuser",
    deactivated: "deactivated",
    openSockets: "Open sockets",
    messagesSent: "Messages sent",
    atLeast: (value: string) => `more than ${value}`,
    conversations: "Conversations",
    auditOf: "Actions on this account",
    thisIsYou: "This is you. Nobody can deactivate or demote themselves: ask another superuser.",
    actions: {
      deactivate: {
        label: "Deactivate",
        question: (name: string) => ({
          title: `Deactivate ${name}?`,
          text: "They are signed out everywhere at once and can't sign in any more. What they wrote stays, they stay in their conversations, and their e-mail stays taken. You can reactivate them.",
        }),
        done: (name: string) => `${name} is deactivated.`,
      },
      reactivate: {
        label: "Reactivate",
        question: (name: string) => ({
          title: `Reactivate ${name}?`,
          text: "They can sign in again, with their password.",
        }),
        done: (name: string) => `${name} is active again.`,
      },
      grant: {
        label: "Make superuser",
        question: (name: string) => ({
          title: `Make ${name} a superuser?`,
          text: "They can do all that you can do here: read and remove messages, remove conversations, deactivate people, and take your right.",
        }),
        done: (name: string) => `${name} is a superuser.`,
      },
      revoke: {
        label: "Take superuser's right",
        question: (name: string) => ({
          title: `Take the superuser's right from ${name}?`,
          text: "They can't come here any more, from now on. They go on as a user.",
        }),
        done: (name: string) => `${name} is no superuser any more.`,
      },
    },
    sessions: {
      title: "Sessions",
      none: "They are not signed in anywhere.",
      more: (shown: number) => `Only the ${numbers.format(shown)} most recently used are shown.`,
      client: "Browser or program",
      unknown: "unknown",
      address: "Address",
      lastUsed: "Last used",
      created: "Signed in",
      endLabel: "End",
      endAllLabel: "End all",
      endOne: (name: string) => ({
        title: "End this session?",
        text: `${name} is signed out there at once, and can sign in again.`,
      }),
      endAll: (name: string) => ({
        title: `End all sessions of ${name}?`,
        text: "They are signed out everywhere at once, and can sign in again.",
      }),
      done: "They are signed out.",
    },
  },

  conversations: {
    search: "Search by name, person, e-mail or id",
    conversation: "Conversation",
    kind: "Kind",
    isGroup: "Group",
    oneOnOne: "1-on-1",
    group: (people: number) => `Group of ${numbers.format(people)}`,
    people: (names: string[], others: number) =>
      list.format(others > 0 ? [...names, count(others, "other", "others")] : names) || "Nobody",
    ofPerson: (name: string) => `Of ${name}`,
    members: "Members",
    moreMembers: (left: number) => `Show more of ${count(left, "other member", "other members")}`,
    messages: "Messages",
    changes: "Changes",
    lastActive: "Last active",
    created: "Created",
    id: "Id",
    owner: "owner",
    auditOf: "What was done to it",
    readingIsAudited: "What people wrote here is private. That you read it will stand in the audit log.",
    show: "Read messages",
    older: "Older messages",
    newer: "Newer messages",
    edited: "edited",
    deleted: "This message was deleted.",
    remove: {
      label: "Remove conversation",
      question: (name: string, people: number, messages: number) => ({
        title: `Remove “${name}”?`,
        text: `It disappears at once for ${count(people, "person", "people")}, with ${count(messages, "message", "messages")}. Everything in it is erased. This can't be undone.`,
      }),
      done: (name: string) => `“${name}” was removed.`,
    },
    removeMessage: {
      label: "Remove message",
      question: (name: string) => ({
        title: "Remove this message?",
        text: `What ${name} wrote is erased for everybody; that there was a message stays to be seen. This can't be undone.`,
      }),
      done: "The message was removed.",
    },
  },

  invites: {
    intro:
      "A link brings people to this server or into a group. Settings decide whether they can create an account with it.",
    create: "Create invite",
    none: "There are no invites yet.",
    into: "For",
    intoHint: "People who use the link join this group. You must be a member of it.",
    server: "The server",
    madeBy: "Made by",
    uses: "Used",
    used: (uses: number, most: number | null) =>
      most === null ? numbers.format(uses) : `${numbers.format(uses)} of ${numbers.format(most)}`,
    expires: "Expires",
    state: "State",
    states: { active: "active", expired: "expired", used_up: "used up", revoked: "revoked" },
    membersOnly: "Only for people with an account",
    life: "Expires after",
    lives: { day: "1 day", week: "7 days", month: "30 days", year: "1 year", never: "Never" },
    maxUses: "How many people may use it",
    maxUsesHint: "Leave it empty for no limit.",
    made: "The invite is ready",
    madeFor: (group: string) => `Send this link to people who should join “${group}”.`,
    madeForServer: "Send this link to people who should come in.",
    copyOf: (code: string) => `Copy the link ${code}`,
    copied: "The link is copied.",
    revoke: {
      label: "Revoke",
      of: (code: string) => `Revoke the link ${code}`,
      title: "Revoke this invite?",
      text: "Nobody can use this link any more. People who came in with it stay. This can't be undone.",
      done: "The invite is revoked.",
    },
  },

  settings: {
    name: "Name of the server",
    nameHint: "People see it when they sign in and in invites.",
    registration: "Who may create an account",
    registrations: { open: "Everybody", invite: "With an invite", closed: "Nobody" },
    registrationHints: {
      open: "Everybody who knows the address can come in.",
      invite: "Only people with an invite link from a superuser can come in.",
      closed: "Only people that you add under Users can come in.",
    },
    registrationFixed:
      "The setting REGISTRATION decides this. To choose it here, start the server without that setting.",
    group: "Group for everybody",
    groupHint: "New people join it when they create their account.",
    noGroup: "None",
    save: "Save",
    saved: "The settings are saved.",
    advice: (people: number) =>
      `${count(people, "person is", "people are")} in. Strangers who find the address can come in too. Let new people in by invite only?`,
    closeNow: "Invite only",
    proxySeen: "Requests come through a proxy, but",
    proxyWhy:
      "is 0. All people therefore count as one network and share its limits. Set it to the number of your proxies and restart the server.",
  },

  limits: {
    intro: "These limits hold on this server. Those with a setting are set when the server starts.",
    what: "Limit",
    value: "Value",
    setting: "Setting",
    fixed: "fixed",
    valueOf: limitText,
  },

  audit: {
    action: "Action",
    allActions: "Every action",
    narrowed: "Show all",
    older: "Older entries",
    commandLine: "The command line",
    did,
    actions,
    targets,
    details,
    inviteInto: (isGroup: boolean) => (isGroup ? "an invite into a group" : "an invite to the server"),
    messageOf: (sender: string) => `a message of ${sender}`,
  },
};

export type AdminTexts = typeof adminEn;
