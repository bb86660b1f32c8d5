const KEY = "confab.emoji";
const KEPT = 18;
const FIRST = ["👍", "❤️", "😂", "🎉", "🙏", "👀", "😊", "🔥"];

/** The recently used emoji, or some popular ones. */
export function recentEmoji(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    if (Array.isArray(kept) && kept.length > 0) return kept.filter((emoji) => typeof emoji === "string").slice(0, KEPT);
  } catch {
    // An unreadable list starts over.
  }
  return FIRST;
}

export function rememberEmoji(emoji: string) {
  const kept = [emoji, ...recentEmoji().filter((other) => other !== emoji)].slice(0, KEPT);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Without storage, the emoji is not remembered.
  }
}
