/** The texts of a link that people send to others. */
export const links = {
  create: "Create link",
  link: "Invite link",
  copy: "Copy",
  copied: "Copied",
  share: "Share",
  isLocal:
    "This link works on this computer only. For a link that others can open, open Confab at the address that the server printed.",
};
