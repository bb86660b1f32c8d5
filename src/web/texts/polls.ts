import { count } from "./format.ts";

/** The texts of polls. They load with the first poll. */
export const pollTexts = {
  title: "New poll",
  question: "Question",
  option: (position: number) => `Option ${position}`,
  addOption: "Add an option",
  removeOption: (position: number) => `Remove option ${position}`,
  multiple: "Several answers",
  multipleHint: "People may choose more than one option.",
  anonymous: "Anonymous",
  anonymousHint: "Nobody sees who chose what.",
  closes: "Closes",
  closing: {
    never: "Never",
    hour: "In 1 hour",
    day: "In 1 day",
    week: "In 1 week",
  },
  send: "Send poll",
  needsQuestion: "Write a question.",
  needsOptions: "Write at least two options.",
  sameOptions: "Two options are the same.",
  kind: (isMultiple: boolean, isAnonymous: boolean) =>
    `${isMultiple ? "Choose one or more" : "Choose one"}${isAnonymous ? " · Anonymous" : ""}`,
  voters: (people: number) => (people === 0 ? "No votes yet" : count(people, "person has voted", "people have voted")),
  votes: (votes: number) => count(votes, "vote", "votes"),
  closed: "Closed",
  closesAt: (time: string) => `Closes ${time}`,
  retract: "Take my vote back",
  whoVoted: "See the votes",
  hide: "Hide the votes",
  andMore: (people: number) => `and ${count(people, "other", "others")}`,
  nobody: "No one",
  refused: "Your vote was not counted.",
  unknown: "Someone",
};
