/** What a text says; `null` when it is no JSON. */
export function parse<T>(text: unknown): T | null {
  try {
    return JSON.parse(String(text));
  } catch {
    return null;
  }
}
