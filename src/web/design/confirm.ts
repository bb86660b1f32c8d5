import { signal } from "@preact/signals";

export interface Question {
  title: string;
  text: string;
  /** The label of the confirming button: "Delete", never "OK". */
  action: string;
  /** The action can't be undone. */
  danger?: boolean;
  /** The label of another way to go on, which undoes nothing. */
  alternative?: string;
}

export type Answer = "action" | "alternative" | "cancel";

/** The question that is asked now. */
export const asked = signal<(Question & { answer: (answer: Answer) => void }) | undefined>(undefined);

/** Asks before an action that can't be undone. Resolves with whether to do it. */
export const confirm = async (question: Question): Promise<boolean> => (await ask(question)) === "action";

/** Closes the question. The action is not done. */
export const dismissQuestion = () => asked.peek()?.answer("cancel");

/** Like `confirm`, with an alternative. */
export function ask(question: Question): Promise<Answer> {
  dismissQuestion();
  return new Promise((resolve) => {
    asked.value = {
      ...question,
      answer: (answer) => {
        asked.value = undefined;
        resolve(answer);
      },
    };
  });
}
