import { referenceTexts } from "../../texts/reference.ts";
import type { Schema, Schemas } from "../base/document.ts";
import { Prose } from "../parts/prose.tsx";
import { type Field, type Shape, shapeOf } from "./shape.ts";

const { schema: texts } = referenceTexts;

/** The fields of a schema, each with those inside it. */
export function SchemaTree({ schema, schemas }: { schema: Schema; schemas: Schemas }) {
  const { fields } = shapeOf(schema, schemas);
  return fields.length === 0 ? <p class="soft">{referenceTexts.call.noFields}</p> : <Fields fields={fields} />;
}

export const Fields = ({ fields }: { fields: readonly Field[] }) => (
  <ul class="fields">
    {fields.map(({ name, isRequired, shape }) => (
      <li key={name} class="field-row">
        <p class="field-head">
          <code class="field-name">{name}</code> <span class="field-type">{shape.type}</span>{" "}
          <span class={isRequired ? "field-required" : "field-optional"}>
            {isRequired ? texts.required : texts.optional}
          </span>
        </p>
        <Facts shape={shape} />
        {shape.fields.length > 0 && <Fields fields={shape.fields} />}
        {shape.left !== undefined && <p class="field-note">{shape.left}</p>}
      </li>
    ))}
  </ul>
);

/** The description of a value, with its limits, allowed values, default and example. */
const Facts = ({ shape }: { shape: Shape }) => (
  <>
    {shape.description !== "" && <Prose text={shape.description} />}
    {shape.values.length > 0 && (
      <p class="field-note">
        {shape.values.length === 1 ? texts.always : texts.oneOf}{" "}
        {shape.values.map((value) => (
          <>
            <code key={value}>{value}</code>{" "}
          </>
        ))}
      </p>
    )}
    {(shape.limits.length > 0 || shape.default !== undefined || shape.example !== undefined) && (
      <p class="field-note">
        {shape.limits.length > 0 && <span>{shape.limits.join(" · ")}</span>}
        {shape.default !== undefined && (
          <span>
            {texts.default} <code>{shape.default}</code>
          </span>
        )}
        {shape.example !== undefined && (
          <span>
            {texts.example} <code>{shape.example}</code>
          </span>
        )}
      </p>
    )}
  </>
);
