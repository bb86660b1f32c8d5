/** The texts around the text field that are rarely shown. They load when they are. */
export const writingTexts = {
  inBlock: (keys: string) => `Enter adds a line to the code. ${keys} sends.`,
  otherDraft: "Another tab has a longer draft.",
  useOtherDraft: "Use it",
  keepDraft: "Keep the draft of this tab",
};
