import { count } from "../format.ts";

/** The texts of the list of people and of the page of one. */
export const users = {
  add: {
    label: "Add person",
    text: "You get a link to send to them. They use it to choose a password and sign in.",
    superuser: "Admin",
    superuserHint: "Admins can do everything that you can do here.",
    done: (name: string) => `${name} was added`,
    link: "Send this link to them. It works once, for 7 days. You can’t see it again, but you can create another one.",
  },
  passwordLink: {
    label: "Create password link",
    question: (name: string) => ({
      title: `Create a password link for ${name}?`,
      text: "Anyone with the link can choose a new password and sign in. This ends all other sessions. Earlier links stop working.",
    }),
    done: (name: string) => `Password link for ${name}`,
    text: "Send this link to them. It works once, for 24 hours. You can’t see it again, but you can create another one.",
  },
  search: "Search by name or email",
  show: "Show",
  filters: {
    "": "Everyone",
    active: "Active",
    deactivated: "Deactivated",
    superusers: "Admins",
  } as Record<string, string>,
  person: "Person",
  state: "Status",
  lastSeen: "Last seen",
  joined: "Joined",
  id: "ID",
  you: "you",
  superuser: "admin",
  deactivated: "deactivated",
  openSockets: "Open connections",
  messagesSent: "Messages sent",
  atLeast: (value: string) => `more than ${value}`,
  conversations: "Conversations",
  auditOf: "Actions on this account",
  thisIsYou: "This is you. To deactivate your account or remove your admin rights, ask another admin.",
  actions: {
    removePicture: {
      label: "Remove picture",
      question: (name: string) => ({
        title: `Remove the picture of ${name}?`,
        text: "They are shown by their initials. They can choose another picture.",
      }),
      done: (name: string) => `The picture of ${name} is removed.`,
    },
    deactivate: {
      label: "Deactivate",
      question: (name: string) => ({
        title: `Deactivate ${name}?`,
        text: "They are signed out everywhere and can no longer sign in. Their messages and memberships stay. You can reactivate them at any time.",
      }),
      done: (name: string) => `${name} is deactivated.`,
    },
    reactivate: {
      label: "Reactivate",
      question: (name: string) => ({
        title: `Reactivate ${name}?`,
        text: "They can sign in again with their password.",
      }),
      done: (name: string) => `${name} is active again.`,
    },
    grant: {
      label: "Make admin",
      question: (name: string) => ({
        title: `Make ${name} an admin?`,
        text: "Admins can read and remove messages, remove conversations and deactivate people. They can also remove your admin rights.",
      }),
      done: (name: string) => `${name} is now an admin.`,
    },
    revoke: {
      label: "Remove admin rights",
      question: (name: string) => ({
        title: `Remove the admin rights of ${name}?`,
        text: "They can no longer open this page. They keep their account.",
      }),
      done: (name: string) => `${name} is no longer an admin.`,
    },
  },
  sessions: {
    title: "Sessions",
    none: "They are not signed in anywhere.",
    more: (shown: number) => `Showing the ${count(shown, "session", "sessions")} used most recently.`,
    client: "Browser or program",
    unknown: "unknown",
    address: "Address",
    lastUsed: "Last used",
    created: "Signed in",
    endLabel: "End",
    endAllLabel: "End all",
    endOne: (name: string) => ({
      title: "End this session?",
      text: `${name} is signed out there and can sign in again.`,
    }),
    endAll: (name: string) => ({
      title: `End all sessions of ${name}?`,
      text: "They are signed out everywhere and can sign in again.",
    }),
    done: "Signed out.",
  },
};
