import type { InputHTMLAttributes, Ref } from "preact";
import { useId, useState } from "preact/hooks";
import { texts } from "../texts/texts.ts";
import { Icon } from "./icon.tsx";

export interface FieldProps {
  name: string;
  label: string;
  type?: "text" | "email" | "password" | "search";
  hint?: string | undefined;
  /** What the server says of this field, from its `errors`. */
  errors?: readonly string[] | undefined;
  /** What browsers and password managers fill in here: `current-password`, `given-name` … */
  autocomplete?: AutoFill;
  required?: boolean;
  maxLength?: number;
  /** Which keys a phone shows. */
  inputMode?: "numeric";
  readOnly?: boolean;
  /** What stands in it at first. */
  defaultValue?: string | undefined;
  placeholder?: string;
  value?: string;
  onInput?: (value: string) => void;
  /** In a dialog this one has the focus first. */
  autofocusInDialog?: boolean;
  inputRef?: Ref<HTMLInputElement> | undefined;
}

type AutoFill = NonNullable<InputHTMLAttributes["autoComplete"]>;

/** An input with its label, a hint, and what is wrong with it. A password can be shown. */
export function Field(props: FieldProps) {
  const {
    label,
    hint,
    errors = [],
    inputRef,
    type = "text",
    onInput,
    autofocusInDialog,
    autocomplete,
    ...native
  } = props;
  const id = useId();
  const [shown, setShown] = useState(false);
  const isPassword = type === "password";
  const isWrong = errors.length > 0;
  const told = [isWrong && `${id}-errors`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return (
    <div class={isWrong ? "field field-wrong" : "field"}>
      <label for={id} class="field-label">
        {label}
      </label>
      <div class="field-box">
        <input
          dir="auto"
          {...native}
          id={id}
          ref={inputRef ?? null}
          // All four take the same attributes; the types ask for one of them.
          type={(isPassword && shown ? "text" : type) as "text"}
          class="field-input"
          aria-invalid={isWrong}
          aria-describedby={told || undefined}
          autocomplete={autocomplete}
          autocapitalize={type === "text" ? undefined : "off"}
          spellcheck={false}
          data-autofocus={autofocusInDialog}
          onInput={(event) => onInput?.(event.currentTarget.value)}
        />
        {isPassword && (
          <button
            type="button"
            class="icon-button"
            aria-label={texts.design.showPassword}
            aria-pressed={shown}
            data-tip={shown ? texts.design.hidePassword : texts.design.showPassword}
            onClick={() => setShown(!shown)}
          >
            <Icon name={shown ? "eye-off" : "eye"} />
          </button>
        )}
      </div>
      {isWrong && (
        <p id={`${id}-errors`} class="field-error">
          <Icon name="warning" />
          <span>{errors.join(" ")}</span>
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} class="field-hint">
          {hint}
        </p>
      )}
    </div>
  );
}
