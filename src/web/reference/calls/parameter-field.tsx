import { Field } from "../../design/field.tsx";
import { Select } from "../../design/select.tsx";
import { referenceTexts } from "../../texts/reference.ts";
import type { Parameter } from "../base/reference.ts";

export interface ParameterFieldProps {
  parameter: Parameter;
  value: string;
  error: string | undefined;
  onInput: (value: string) => void;
}

/** The field of a parameter: a list where its values are known, else a line of text. */
export function ParameterField({ parameter, value, error, onInput }: ParameterFieldProps) {
  const { name, schema, isRequired } = parameter;
  if (schema.enum)
    return (
      <Select
        label={name}
        isLabelShown
        value={value}
        options={[
          { value: "", label: referenceTexts.attempt.choose },
          ...schema.enum.map((each) => ({ value: String(each), label: String(each) })),
        ]}
        onChange={onInput}
      />
    );
  const example = schema.default ?? schema.examples?.[0];
  return (
    <Field
      name={name}
      label={name}
      value={value}
      onInput={onInput}
      required={isRequired}
      errors={error === undefined ? undefined : [error]}
      autocomplete="off"
      {...(example === undefined ? {} : { placeholder: String(example) })}
      {...(schema.type === "integer" ? { inputMode: "numeric" } : {})}
    />
  );
}
