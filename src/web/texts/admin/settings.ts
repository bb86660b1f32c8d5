import { count } from "../format.ts";

/** The texts of the settings of the server. */
export const settings = {
  name: "Server name",
  nameHint: "People see it in invites and when they sign in.",
  registration: "Who can create an account?",
  registrations: { open: "Everyone", invite: "With an invite", closed: "No one" },
  registrationHints: {
    open: "Anyone who knows the address can join.",
    invite: "Only people with an invite link from an admin can join.",
    closed: "Only people that you add under Users can join.",
  },
  registrationFixed: "The setting REGISTRATION decides this. To choose it here, start the server without it.",
  group: "Group for everyone",
  groupHint: "New people join it when they create their account.",
  noGroup: "None",
  save: "Save",
  saved: "Settings saved.",
  advice: (people: number) =>
    `${count(people, "person has", "people have")} an account. Strangers who find the address can create one too. Let new people join by invite only?`,
  closeNow: "Invite only",
  proxySeen: "Requests come through a proxy, but",
  proxyWhy:
    "is 0. All people count as one network and share its limits. Set it to the number of your proxies and restart the server.",
};
