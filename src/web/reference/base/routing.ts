import { computed, signal } from "@preact/signals";
import { reference } from "./load.ts";
import type { Call, Frame } from "./reference.ts";

/** The pages beside those of calls and frames, by the part of the address after `#`. */
const PAGES = ["sockets", "close-codes", "console"] as const;

export type Place =
  | { page: "start" | "missing" | (typeof PAGES)[number] }
  | { page: "call"; call: Call; noun: string }
  | { page: "frame"; frame: Frame };

const hash = signal("");

/** The part of the address after `#`: the id of a call or a frame, or the name of a page. */
export const address = computed(() => {
  try {
    return decodeURIComponent(hash.value.replace(/^#\/?/, ""));
  } catch {
    // A lone % is no code of a letter.
    return hash.value;
  }
});

/** The part of the reference that the page shows. */
export const place = computed((): Place => {
  const id = address.value;
  if (id === "") return { page: "start" };
  for (const { name, calls } of reference.value?.nouns ?? [])
    for (const call of calls) if (call.id === id) return { page: "call", call, noun: name };
  const frame = reference.value?.frames.find((each) => each.id === id);
  if (frame) return { page: "frame", frame };
  return { page: PAGES.find((name) => name === id) ?? "missing" };
});

export const linkTo = (id: string) => `#${encodeURIComponent(id)}`;

export function followAddress() {
  const follow = () => {
    hash.value = location.hash;
  };
  addEventListener("hashchange", follow);
  follow();
}
