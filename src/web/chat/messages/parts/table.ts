import type { ChatMessage } from "../../../../sdk/index.ts";
import { roomOf } from "../../files/room.ts";
import { previewsShown } from "../../previews/shown.ts";
import { changedSince, savedIds } from "../later/state.ts";
import { has, type MessagePart } from "../message-part.ts";

/** The parts of a message beside its text. Within one place they stand in this order. */
export const messageParts: readonly MessagePart[] = [
  {
    id: "from-thread",
    place: "above",
    when: has("from_thread"),
    load: async () => (await import("../../threads/from-thread.tsx")).FromThread,
    height: () => "1.5rem",
  },
  {
    id: "thread",
    place: "below",
    when: has("thread"),
    load: async () => (await import("../../threads/summary.tsx")).ThreadSummary,
    height: () => "2rem",
    onDeleted: true,
  },
  {
    id: "quote",
    place: "above",
    when: isReply,
    load: async () => (await import("./quote.tsx")).QuoteLine,
    height: () => "1.75rem",
  },
  {
    id: "pin",
    place: "mark",
    when: has("pinned"),
    load: async () => (await import("../../pins/mark.tsx")).PinMark,
  },
  {
    id: "poll",
    place: "card",
    when: has("poll"),
    load: async () => (await import("../../polls/card.tsx")).PollCard,
    // Its frame, the question, the options and the line below, each in rem.
    height: ({ poll }) => `${6 + (poll?.options.length ?? 0) * 3}rem`,
    hidesText: true,
  },
  {
    id: "files",
    place: "card",
    when: has("files"),
    load: async () => (await import("../../files/message-files.tsx")).FilesPart,
    height: ({ files = [] }) => roomOf(files),
  },
  {
    id: "previews",
    place: "card",
    when: ({ previews }) => previewsShown.value === "on" && previews !== undefined && previews.length > 0,
    load: async () => (await import("../../previews/cards.tsx")).PreviewCards,
    // The host, the title and two lines of the description, each in rem.
    height: ({ previews = [] }) =>
      `${previews.reduce((sum, { description }) => sum + (description ? 5.5 : 3), 0.75)}rem`,
  },
  {
    id: "saved",
    place: "mark",
    when: ({ id }) => id !== undefined && savedIds.value.has(id),
    load: async () => (await import("../later/saved-mark.tsx")).SavedMark,
  },
  {
    id: "since",
    place: "below",
    when: ({ id }) => id !== undefined && changedSince.value.has(id),
    load: async () => (await import("../later/since-mark.tsx")).SinceMark,
    onDeleted: true,
  },
  {
    id: "reactions",
    place: "below",
    when: has("reactions"),
    load: async () => (await import("../reactions/bar.tsx")).ReactionBar,
    height: () => "2rem",
  },
];

function isReply(message: ChatMessage): boolean {
  return message.reply_to !== undefined || (message.state !== "sent" && message.options?.reply_to !== undefined);
}
