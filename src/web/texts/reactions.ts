import { count, list } from "./format.ts";

/** The texts of the reactions to messages. They load with the first ones. */
export const reactionTexts = {
  bar: "Reactions",
  add: "Add a reaction",
  you: "You",
  somebody: "Someone",
  /** `names` may be empty, when nobody's name is known yet. */
  reacted: (names: readonly string[], others: number, emoji: string) =>
    `${list.format([...names, ...(others > 0 ? [names.length > 0 ? count(others, "other", "others") : count(others, "person", "people")] : [])])} reacted with ${emoji}`,
  /** Told to screen readers. */
  said: (names: readonly string[], others: number, emoji: string, text: string) =>
    `${list.format([...names, ...(others > 0 ? [count(others, "other", "others")] : [])])} reacted with ${emoji} to: ${text}`,
  who: "People who reacted",
  everybody: "All",
  more: (people: number) => `and ${count(people, "more", "more")}`,
  loading: "Loading…",
  failed: "Couldn’t load who reacted.",
  pick: "React with an emoji",
  quick: (emoji: string) => `React with ${emoji}`,
  notSaved: (reason: string) => `Your reaction was not saved: ${reason}`,
};
