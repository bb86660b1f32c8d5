import { type MeFrame, meFrame, meKinds } from "../../../protocol/me.ts";
import { isGone } from "./own-stream.ts";
import { NOTHING_SET, stateOf } from "./state.ts";
import type { Entry } from "./store.ts";

export const isMeKind = (kind: string): kind is keyof typeof meKinds => Object.hasOwn(meKinds, kind);

/** The value that a frame shows. `undefined`: the entry is about a conversation that is gone. */
function shownValue({ kind, value, place }: Entry): Record<string, unknown> | null | undefined {
  if (kind === "conversation") return place && { ...stateOf({ ...NOTHING_SET, ...value }, place) };
  return isGone(value) ? null : value;
}

/**
 * The frame that shows an entry. `undefined` for a kind that only a newer release knows, and for a value of a form that it
 * has given to a kind.
 */
export function frameOf(entry: Entry, from: number): MeFrame | undefined {
  const { kind, key, meVersion: me_version } = entry;
  const value = shownValue(entry);
  return value === undefined ? undefined : meFrame.safeParse({ type: "me", me_version, from, kind, key, value }).data;
}
