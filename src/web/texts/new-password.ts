/** The texts of the page that sets a password by a one-time link. They load with it. */
export const newPasswordTexts = {
  title: "Choose a new password",
  titleNew: (server: string) => `Welcome to ${server}`,
  hello: (name: string) => `Hello ${name}. Choose a new password for your account.`,
  helloNew: (name: string) => `Hello ${name}. Your account is ready. Choose a password for it.`,
  password: "New password",
  again: "Confirm new password",
  save: "Save and sign in",
  mismatch: "Passwords do not match.",
  endedTitle: "This link no longer works",
  ended: "It has expired or was already used. Ask an admin for a new one.",
  noToken: "Part of the link is missing. Open the whole link.",
};
