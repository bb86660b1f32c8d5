import type { InputHTMLAttributes, Ref } from "preact";
import { useId, useState } from "preact/hooks";
import { texts } from "../texts/texts.ts";
import { Icon } from "./icon.tsx";

export interface FieldProps {
  name: string;
  label: string;
  type?: "text" | "email" | "password" | "search";
  hint?: string | undefined;
  /** The server's `errors` for this field. */
  errors?: readonly string[] | undefined;
  /** The content that browsers and password managers fill in: `current-password`, `given-name` … */
  autocomplete?: AutoFill;
  required?: boolean;
  maxLength?: number;
  /** The on-screen keyboard of a phone. */
  inputMode?: "numeric";
  readOnly?: boolean;
  /** The initial value. */
  defaultValue?: string | undefined;
  placeholder?: string;
  value?: string;
  onInput?: (value: string) => void;
  /** Gets the focus when its dialog opens. */
  autofocusInDialog?: boolean;
  inputRef?: Ref<HTMLInputElement> | undefined;
}

type AutoFill = NonNullable<InputHTMLAttributes["autoComplete"]>;

/** An input with a label, a hint and errors. A password has a button that shows it. */
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
  const [isCaps, setCaps] = useState(false);
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
          // All four types take the same attributes, but the typings ask for one type.
          type={(isPassword && shown ? "text" : type) as "text"}
          class="field-input"
          aria-invalid={isWrong}
          aria-describedby={told || undefined}
          autocomplete={autocomplete}
          autocapitalize={type === "text" ? undefined : "off"}
          spellcheck={false}
          data-autofocus={autofocusInDialog}
          onKeyUp={(event) => setCaps(isPassword && event.getModifierState("CapsLock"))}
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
      {isCaps && (
        <p role="status" class="field-hint">
          {texts.design.capsLock}
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
