import { useState } from "preact/hooks";
import { texts } from "../texts/texts.ts";
import { Icon } from "./icon.tsx";

/** A refusal as the SDK and the admin panel throw it. */
interface Refusal extends Error {
  errors?: Record<string, string[]> | undefined;
}

/** What stands in the fields now. */
export const valuesOf = (form: HTMLFormElement): Record<string, string> =>
  Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));

export interface FormState {
  /** To be spread on the `<form>`. */
  props: { noValidate: true; onSubmit: (event: SubmitEvent) => void };
  busy: boolean;
  /** What the server says of a field. */
  errorsOf: (field: string) => readonly string[] | undefined;
  /** What is wrong with the whole, when no field is. */
  message: string | undefined;
}

/**
 * Sends a form's texts, once at a time. What is refused stands at its field, and the first such field has the focus.
 * @param known the fields that show errors; faults of others are told as the whole's
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

/** What is wrong with a form as a whole; read out when it comes. */
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
