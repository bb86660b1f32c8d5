import { baseKey, draftKey, stored } from "../messages/drafts.ts";

/** A draft as the server had it, at a version of the person's own stream. */
export interface Base {
  text: string;
  version: number;
}

/** The state of the server that this browser has last agreed with. */
export function baseOf(userId: number | undefined, conversationId: string): Base | undefined {
  if (userId === undefined) return undefined;
  const [version = "", ...lines] = stored(baseKey(userId, conversationId)).split("\n");
  return version === "" ? undefined : { text: lines.join("\n"), version: Number(version) };
}

export function setBase(userId: number | undefined, conversationId: string, { text, version }: Base): void {
  if (userId === undefined) return;
  try {
    localStorage.setItem(baseKey(userId, conversationId), `${version}\n${text}`);
  } catch {
    // The storage is full or forbidden. Then the server's draft counts as new each time.
  }
}

/** The conversations of the drafts that this browser has stored. */
export function storedDrafts(userId: number | undefined): string[] {
  if (userId === undefined) return [];
  const own = draftKey(userId, "");
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(own));
    // Others belong to a draft, such as the message that it answers.
    return names.map((name) => name.slice(own.length)).filter((id) => !id.includes("."));
  } catch {
    return [];
  }
}
