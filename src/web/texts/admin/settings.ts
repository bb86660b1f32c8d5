import { count } from "../format.ts";

/** The texts of the settings of the server. */
export const settings = {
  name: "Server name",
  nameHint: "People see it in invites and when they sign in.",
  color: "Colour",
  colorHint:
    "Buttons, links and the icon use it, also on the sign-in page. Confab adapts its brightness, so text stays readable.",
  colorFixed:
    "The server was started with COLOR, so you can’t change this here. Remove that setting and restart the server.",
  ownColor: "Another colour",
  colors: {
    teal: "Teal (default)",
    green: "Green",
    lime: "Lime",
    amber: "Amber",
    orange: "Orange",
    pink: "Pink",
    purple: "Purple",
    indigo: "Indigo",
    blue: "Blue",
    sky: "Sky blue",
    grey: "Grey",
  },
  registration: "Who can create an account?",
  registrations: { open: "Everyone", invite: "With an invite", closed: "No one" },
  registrationHints: {
    open: "Anyone who knows the address can join.",
    invite: "Only people with an invite link from an admin can join.",
    closed: "Only people that you add under Users can join.",
  },
  registrationFixed:
    "The server was started with REGISTRATION, so you can’t change this here. Remove that setting and restart the server.",
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
