import type { ReadonlySignal } from "@preact/signals";
import type { IconName } from "../../design/icon.tsx";
import type { texts } from "../../texts/texts.ts";
import { mentions, unread } from "../base/page-title.ts";
import { unreadReplies } from "../base/unread-replies.ts";
import { dueCount } from "../messages/later/state.ts";

export interface Section {
  /** Its address, and the key of its label. */
  page: keyof typeof texts.shell.sections;
  icon: IconName;
  /** The number on its badge. */
  badge?: ReadonlySignal<number>;
  /** On a phone it is in your menu, because the bar has room for few. */
  isMinor?: true;
}

/** The sections of the rail, from its start. The keys 1, 2 and so on open them in this order. */
export const sections: readonly Section[] = [
  { page: "home", icon: "message", badge: unread },
  { page: "threads", icon: "threads", badge: unreadReplies },
  { page: "mentions", icon: "at", badge: mentions },
  { page: "people", icon: "users" },
  { page: "archive", icon: "archive", isMinor: true },
  { page: "saved", icon: "bookmark", badge: dueCount, isMinor: true },
  { page: "search", icon: "search", isMinor: true },
];
