import { z } from "zod";

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Makes the JSON Schemas of one document from zod's. Schemas with an id go into the document's components. */
export class Schemas {
  readonly components: Record<string, JsonSchema> = {};

  /** @param io `input`: the value before zod transforms it. `output`: the value that the server sends */
  of(schema: z.ZodType, io: "input" | "output"): JsonSchema {
    const made = z.toJSONSchema(schema, { io, override });
    const moved = JSON.parse(JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/'));
    const { $schema: _, $defs = {}, ...rest } = moved as JsonSchema;
    Object.assign(this.components, $defs);
    return rest;
  }
}

function override({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: JsonSchema }) {
  // Clients must accept fields that later versions add. The tests check that no answer has such a field now.
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  // The document says in its channels which sockets have a frame.
  delete jsonSchema["userSocketOnly"];
  // The format implies these patterns, and no number comes near this maximum.
  if (jsonSchema.format === "date-time" || jsonSchema.format === "uuid" || jsonSchema.format === "email")
    delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  // zod leaves these out where a schema transforms, as they may describe the result. Here they describe the sent value.
  const { examples, default: fallback } = z.globalRegistry.get(zodSchema) ?? {};
  if (Array.isArray(examples)) jsonSchema.examples = examples;
  if (fallback !== undefined) jsonSchema.default = fallback as JsonSchema["default"] & {};
}

const UUID = "019ab3c4-5d6e-7f80-8a1b-2c3d4e5f6071";

/**
 * An example of the schema: its own, or one made from the examples of its required parts. A part without an example gets
 * the smallest value that the schema takes.
 */
export function exampleOf(schema: JsonSchema, components: Record<string, JsonSchema>): unknown {
  if (schema.examples?.length) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.$ref) return exampleOf(components[schema.$ref.split("/").at(-1) ?? ""] ?? {}, components);
  const [either] = schema.anyOf ?? schema.oneOf ?? [];
  if (either) return exampleOf(either as JsonSchema, components);
  switch ([schema.type].flat()[0]) {
    case "object": {
      const required = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
      return Object.fromEntries(required.map(([name, part]) => [name, exampleOf(part as JsonSchema, components)]));
    }
    case "array":
      return [exampleOf(schema.items as JsonSchema, components)];
    case "string":
      return schema.format === "uuid" ? UUID : "";
    case "boolean":
      return false;
    case "integer":
    case "number":
      return Math.max(schema.minimum ?? 0, 0);
    default:
      return null;
  }
}
