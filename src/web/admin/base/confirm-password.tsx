import { signal } from "@preact/signals";
import { Button } from "../../design/button.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { Field } from "../../design/field.tsx";
import { FormMessage } from "../../design/form.tsx";
import { usePatientForm } from "../../design/patient-form.ts";
import { adminTexts } from "../../texts/admin/texts.ts";
import { texts as designTexts } from "../../texts/texts.ts";

const { confirm: texts } = adminTexts;

interface Asked {
  /** Sends the password. Rejects with the server's refusal if it is wrong. */
  check: (password: string) => Promise<unknown>;
  answer: (isConfirmed: boolean) => void;
}

const asked = signal<Asked | undefined>(undefined);

/** Asks for the password of the signed-in person until it is right. Resolves with `false` if the dialog is closed. */
export function confirmPassword(check: Asked["check"]): Promise<boolean> {
  asked.peek()?.answer(false);
  return new Promise((resolve) => {
    asked.value = {
      check,
      answer: (isConfirmed) => {
        asked.value = undefined;
        resolve(isConfirmed);
      },
    };
  });
}

/** Renders the dialog of `confirmPassword`. A page has it once. */
export const ConfirmPasswordLayer = () => asked.value && <ConfirmPasswordDialog {...asked.value} />;

function ConfirmPasswordDialog({ check, answer }: Asked) {
  // After too many attempts the form waits and tries again by itself.
  const form = usePatientForm(["password"], async ({ password = "" }) => {
    await check(password);
    answer(true);
  });
  return (
    <Dialog title={texts.title} shape="small" onClose={() => answer(false)}>
      <form class="form" {...form.props}>
        <p class="confirm-text">{texts.text}</p>
        <FormMessage text={form.message} />
        <Field
          name="password"
          type="password"
          label={texts.password}
          autocomplete="current-password"
          errors={form.errorsOf("password")}
          required
          autofocusInDialog
        />
        {form.wait && <p role="status">{texts.waits}</p>}
        <div class="form-actions">
          <Button kind="primary" type="submit" busy={form.busy}>
            {texts.action}
          </Button>
          <Button onClick={() => answer(false)}>{designTexts.design.cancel}</Button>
        </div>
      </form>
    </Dialog>
  );
}
