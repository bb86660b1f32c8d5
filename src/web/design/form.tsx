import { useState } from "preact/hooks";
import { texts } from "../texts/texts.ts";
import { Icon } from "./icon.tsx";

/** An error of the SDK or of the admin panel. */
interface Refusal extends Error {
  errors?: Record<string, string[]> | undefined;
}

/** The current values of the fields. */
export const valuesOf = (form: HTMLFormElement): Record<string, string> =>
  Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));

export interface FormState {
  /** Attributes for the `<form>`. */
  props: { noValidate: true; onSubmit: (event: SubmitEvent) => void };
  busy: boolean;
  /** The server's errors for a field. */
  errorsOf: (field: string) => readonly string[] | undefined;
  /** The error of the form as a whole, if no field has one. */
  message: string | undefined;
}

/**
 * Sends the values of a form, once at a time. Errors appear at their fields, and the first such field gets the focus.
 * @param known the fields that show errors; errors of other fields appear as the form's own
 */
export function useForm(
  known: readonly string[],
  submit: (values: Record<string, string>, form: HTMLFormElement) => Promise<unknown>,
): FormState {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const errors = refusal?.errors ?? {};
  const others = Object.entries(errors).filter(([field]) => !known.includes(field));
  const isOfFields = known.some((field) => errors[field]);
  const message = others.length > 0 ? others.flatMap(([, faults]) => faults).join(" ") : refusal?.message;

  async function run(form: HTMLFormElement) {
    setBusy(true);
    try {
      await submit(valuesOf(form), form);
      setRefusal(undefined);
    } catch (error) {
      setRefusal(error instanceof Error ? error : new Error(texts.design.failed));
      requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
    } finally {
      setBusy(false);
    }
  }

  return {
    busy,
    errorsOf: (field) => errors[field],
    message: isOfFields && others.length === 0 ? undefined : message,
    props: {
      noValidate: true,
      onSubmit(event) {
        event.preventDefault();
        if (!busy && event.currentTarget instanceof HTMLFormElement) void run(event.currentTarget);
      },
    },
  };
}

/** The error of the form as a whole. Screen readers announce it. */
export function FormMessage({ text }: { text: string | undefined }) {
  return (
    <div role="alert" class="form-alert">
      {text && (
        <p class="form-message">
          <Icon name="warning" />
          <span>{text}</span>
        </p>
      )}
    </div>
  );
}
