import { count } from "./format.ts";

/** The texts of the page with all people. They load with it. */
export const peoplePageTexts = {
  search: "Search people",
  count: (people: number) => `${count(people, "person", "people")} besides you.`,
  /** The server shows people to each other only if they share a conversation. */
  shared: "You see the people who share a conversation with you.",
  writeTo: (name: string) => `Write to ${name}`,
  checkSpelling: "Check the spelling, or search by email.",
  nobodyYet: "No one here yet",
};
