/** The texts of the dialog with all emoji. They load with it. */
export const emojiTexts = {
  search: "Search emoji",
  recent: "Recently used",
  nothing: "No emoji found",
  tone: "Skin tone",
  tones: ["No skin tone", "Light", "Medium-light", "Medium", "Medium-dark", "Dark"] as readonly string[],
  groups: {
    "Smileys & Emotion": "Smileys",
    "People & Body": "People",
    "Animals & Nature": "Nature",
    "Food & Drink": "Food",
    "Travel & Places": "Travel",
  } as Record<string, string>,
};
