import { signal } from "@preact/signals";

/** Some moment of the day it is (follow-days.ts). What names a day by it is drawn anew when the day is over. */
export const today = signal(new Date());
