import { signal } from "@preact/signals";

/** A moment of the current day (follow-days.ts). Texts that name days depend on it and render again after midnight. */
export const today = signal(new Date());
