/** The texts of replies. They load with the first quote, or with the first answer to a message. */
export const replyTexts = {
  replyingTo: (name: string) => `Replying to ${name}`,
  replyingToYou: "Replying to yourself",
  cancel: "Cancel the reply",
  /** For screen readers. */
  inReplyTo: "In reply to",
  goTo: "Go to this message",
  deleted: "This message was deleted.",
  somebody: "Someone",
  you: "You",
  /** The quoted text is not on this device yet. */
  unknown: "A message further back",
  back: "Back to where you were",
  backToResults: "Back to the results",
};
