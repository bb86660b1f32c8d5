const KEY = "confab.emoji";
const KEPT = 18;
const FIRST = ["👍", "❤️", "😂", "🎉", "🙏", "👀", "😊", "🔥"];

/** The last ones that were used, or some that many use. */
export function recentEmoji(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    if (Array.isArray(kept) && kept.length > 0) return kept.filter((emoji) => typeof emoji === "string").slice(0, KEPT);
  } catch {
    // What can't be read is begun anew.
  }
  return FIRST;
}

export function rememberEmoji(emoji: string) {
  const kept = [emoji, ...recentEmoji().filter((other) => other !== emoji)].slice(0, KEPT);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Then they are not remembered.
  }
}
