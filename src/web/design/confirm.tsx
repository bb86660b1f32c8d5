import { signal } from "@preact/signals";
import { texts } from "../texts/texts.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

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

const asked = signal<(Question & { answer: (answer: Answer) => void }) | undefined>(undefined);

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

/** Renders the dialog of `confirm`. A page has it once. */
export function ConfirmLayer() {
  const question = asked.value;
  if (!question) return null;
  const { title, text, action, danger, alternative, answer } = question;
  return (
    <Dialog
      title={title}
      shape="small"
      onClose={() => answer("cancel")}
      footer={
        <>
          <Button data-autofocus onClick={() => answer("cancel")}>
            {texts.design.cancel}
          </Button>
          {alternative && <Button onClick={() => answer("alternative")}>{alternative}</Button>}
          <Button kind={danger ? "danger" : "primary"} onClick={() => answer("action")}>
            {action}
          </Button>
        </>
      }
    >
      <p class="confirm-text" dir="auto">
        {text}
      </p>
    </Dialog>
  );
}
