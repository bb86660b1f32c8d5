import { signal } from "@preact/signals";
import { texts } from "../texts/texts.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Field } from "./field.tsx";
import { FormMessage } from "./form.tsx";
import { usePatientForm } from "./patient-form.ts";

interface Asked {
  /** Sends the password; rejects as the server does when it is another one. */
  check: (password: string) => Promise<unknown>;
  answer: (isConfirmed: boolean) => void;
}

const asked = signal<Asked | undefined>(undefined);

/** Asks who is signed in for their password, until it is right; resolves with whether it was. */
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

/** Stands once in a page, for `confirmPassword`. */
export const ConfirmPasswordLayer = () => asked.value && <ConfirmPasswordDialog {...asked.value} />;

function ConfirmPasswordDialog({ check, answer }: Asked) {
  // After too many tries it waits, and tries again by itself.
  const form = usePatientForm(["password"], async ({ password = "" }) => {
    await check(password);
    answer(true);
  });
  return (
    <Dialog title={texts.design.confirmTitle} shape="small" onClose={() => answer(false)}>
      <form class="form" {...form.props}>
        <p class="confirm-text">{texts.design.confirmText}</p>
        <FormMessage text={form.message} />
        <Field
          name="password"
          type="password"
          label={texts.design.confirmPassword}
          autocomplete="current-password"
          errors={form.errorsOf("password")}
          required
          autofocusInDialog
        />
        {form.wait && <p role="status">{texts.design.confirmWaits}</p>}
        <div class="form-actions">
          <Button kind="primary" type="submit" busy={form.busy}>
            {texts.design.confirm}
          </Button>
          <Button onClick={() => answer(false)}>{texts.design.cancel}</Button>
        </div>
      </form>
    </Dialog>
  );
}
