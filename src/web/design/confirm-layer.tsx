import { texts } from "../texts/texts.ts";
import { Button } from "./button.tsx";
import { asked } from "./confirm.ts";
import { Dialog } from "./dialog.tsx";

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
