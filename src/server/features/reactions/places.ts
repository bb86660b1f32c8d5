import { invalidField } from "../../base/failure.ts";
import type { ReactedPlace } from "./store.ts";

/** A place in a list of reactions as a text that clients send back: `<time>.<user>.<emoji>`. */
export const textOf = ({ emoji, at, userId }: ReactedPlace): string => `${at}.${userId}.${emoji}`;

/** Reads such a text. The list goes on after it, even if that reaction is gone. */
export function placeOf(text: string): ReactedPlace {
  const [, at, userId, emoji] = /^(\d{1,16})\.(\d{1,9})\.(.{1,64})$/su.exec(text) ?? [];
  if (emoji === undefined || emoji.includes("\0") || !emoji.isWellFormed())
    throw invalidField("after", "Must be a `next_after` of this list.");
  return { at: Number(at), userId: Number(userId), emoji };
}
