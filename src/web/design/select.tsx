import "./select.css";

export interface SelectProps {
  label: string;
  /** Shows the label above. Otherwise only screen readers have it. */
  isLabelShown?: boolean;
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
}

/** A native select for one of several options. */
export function Select({ label, isLabelShown = false, value, options, onChange }: SelectProps) {
  return (
    <label class={isLabelShown ? "select select-label" : "select"}>
      <span class={isLabelShown ? "field-label" : "visually-hidden"}>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}
