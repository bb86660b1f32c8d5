import { z } from "zod";

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** JSON Schemas of one document, out of zod's: what has an id is put among the document's components. */
export class Schemas {
  readonly components: Record<string, JsonSchema> = {};

  /** @param io whether it is what comes in, before it is transformed, or what goes out */
  of(schema: z.ZodType, io: "input" | "output"): JsonSchema {
    const made = z.toJSONSchema(schema, { io, override });
    const moved = JSON.parse(JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/'));
    const { $schema: _, $defs = {}, ...rest } = moved as JsonSchema;
    Object.assign(this.components, $defs);
    return rest;
  }
}

function override({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: JsonSchema }) {
  // Clients must bear with fields that come later; the tests see to it that there are none now.
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  // It says which sockets have the frame, and the document says that in its channels.
  delete jsonSchema["userSocketOnly"];
  // What the format says already, and what no number here comes near.
  if (jsonSchema.format === "date-time" || jsonSchema.format === "uuid" || jsonSchema.format === "email")
    delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  // Of what is transformed zod leaves these out, as they may be those of the result. Here they are what is sent.
  const { examples, default: fallback } = z.globalRegistry.get(zodSchema) ?? {};
  if (Array.isArray(examples)) jsonSchema.examples = examples;
  if (fallback !== undefined) jsonSchema.default = fallback as JsonSchema["default"] & {};
}

/** A value of the schema: its example, or one made of its parts' examples, without what may be left out. */
export function exampleOf(schema: JsonSchema, components: Record<string, JsonSchema>): unknown {
  if (schema.examples?.length) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.$ref) return exampleOf(components[schema.$ref.split("/").at(-1) ?? ""] ?? {}, components);
  const [either] = schema.anyOf ?? [];
  if (either) return exampleOf(either as JsonSchema, components);
  if (schema.type === "array") return [exampleOf(schema.items as JsonSchema, components)];
  if (schema.type !== "object") return undefined;
  const required = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
  return Object.fromEntries(required.map(([name, part]) => [name, exampleOf(part as JsonSchema, components)]));
}
