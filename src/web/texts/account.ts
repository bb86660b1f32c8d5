import { numbers } from "./format.ts";

/** The texts of signing in, of creating an account, and of the first account of a server. */
export const account = {
  registerTitle: (server: string) => `Create your account on ${server}`,
  signInTitle: (server: string) => `Sign in to ${server}`,
  register: "Create account",
  signIn: "Sign in",
  firstName: "First name",
  lastName: "Last name",
  lastNameOptional: "Last name (optional)",
  email: "Email",
  password: "Password",
  passwordHint: "At least 8 characters.",
  haveAccount: "Have an account?",
  noAccount: "New here?",
  closed: (server: string) => `Only people with an account can sign in. Ask an admin of ${server} to add you.`,
  byInvite: (server: string) => `You need an invite link to create an account. Ask an admin of ${server} for one.`,
  haveOne: "You already have an account. Sign in, or ask an admin for a new password.",
  forgot: "Forgot your password?",
  forgotText: (server: string) => `Ask an admin of ${server} for a link to set a new one.`,
  waiting: "The server is busy. Trying again automatically.",
  waitingFor: (seconds: number) => `In ${numbers.format(seconds)} s`,
  stopWaiting: "Stop",
  endedElsewhere: "Your session has ended. Drafts in this browser were deleted.",
  unsent: (messages: number) =>
    messages === 1
      ? "1 message is not sent yet. It will be sent when you sign in again."
      : `${numbers.format(messages)} messages are not sent yet. They will be sent when you sign in again.`,
  discardUnsent: "Discard",
  discardTitle: "Discard unsent messages?",
  discardText: "They were never sent. You can’t get them back.",
  toChat: "Open the chat",
  first: {
    notice: "Are you setting up this server?",
    enter: "Enter the set-up code",
    title: "Set up this server",
    here: "No one has an account yet. You become the admin.",
    code: "Enter the code that the server printed when it started. You become the admin.",
    codeLabel: "Set-up code",
    codeHint: "10 letters and digits: XXXXX-XXXXX.",
    create: "Create admin account",
    noCode: "No code?",
    without: "Create an account without it",
  },
};

/** Asked when messages are not sent yet. */
export const signOut = {
  title: "Some messages are not sent yet",
  text: "Keep them to send them when you sign in here again. Or discard them for good.",
  action: "Discard",
  alternative: "Keep them",
};
