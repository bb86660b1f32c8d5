/** The texts of dialogs, fields and forms: the same wherever those stand. */
export const design = {
  close: "Close",
  cancel: "Cancel",
  dismiss: "Dismiss",
  save: "Save",
  more: "Show more",
  undo: "Undo",
  tryAgain: "Try again",
  showPassword: "Show password",
  hidePassword: "Hide password",
  capsLock: "Caps Lock is on.",
  signedOutElsewhere: "You will be signed out everywhere else.",
  failed: "That did not work. Please try again.",
  brokenTitle: "Something went wrong",
  brokenText: "Your messages and drafts are safe. Reloading the page usually helps.",
  reload: "Reload",
};
