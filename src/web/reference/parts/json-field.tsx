import { useId } from "preact/hooks";
import { Icon } from "../../design/icon.tsx";

export interface JsonFieldProps {
  label: string;
  value: string;
  error: string | undefined;
  onInput: (value: string) => void;
  /** Ctrl+Enter, which is ⌘+Enter on Apple's machines. */
  onSend: () => void;
}

/** A field for JSON. Tab leaves it, as from any other field. */
export function JsonField({ label, value, error, onInput, onSend }: JsonFieldProps) {
  const id = useId();
  return (
    <div class={error === undefined ? "field" : "field field-wrong"}>
      <label for={id} class="field-label">
        {label}
      </label>
      <div class="field-box">
        <textarea
          id={id}
          class="field-input json-input"
          dir="ltr"
          rows={4}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          value={value}
          aria-invalid={error !== undefined}
          aria-describedby={error === undefined ? undefined : `${id}-error`}
          onInput={(event) => onInput(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            onSend();
          }}
        />
      </div>
      {error !== undefined && (
        <p id={`${id}-error`} class="field-error">
          <Icon name="warning" />
          <span>{error}</span>
        </p>
      )}
    </div>
  );
}
