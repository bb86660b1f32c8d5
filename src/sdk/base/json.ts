/** Parses a text. Returns `null` when it is not JSON. */
export function parse<T>(text: unknown): T | null {
  try {
    return JSON.parse(String(text));
  } catch {
    return null;
  }
}
