import { referenceTexts } from "../../texts/reference.ts";
import type { Schema, Schemas } from "../base/document.ts";

const { schema: texts } = referenceTexts;

/** A schema as people read it. */
export interface Shape {
  /** `string (uuid)`, `list of User`, `integer or null`. */
  type: string;
  description: string;
  limits: string[];
  /** The allowed values, as JSON. */
  values: string[];
  default: string | undefined;
  example: string | undefined;
  fields: Field[];
  /** Why the fields are left out: they stand above, or too deep. */
  left: string | undefined;
}

export interface Field {
  name: string;
  isRequired: boolean;
  shape: Shape;
}

const DEPTH_MAX = 8;
const FIELDS_MAX = 1_000;

/** Where the reading of a schema is. */
interface Walk {
  /** The names of the schemas around this one. */
  above: readonly string[];
  depth: number;
  /** The number of fields so far. Schemas that name each other could have millions. */
  read: { fields: number };
}

/**
 * Reads a schema with everything in it. Named schemas that contain themselves are not followed a second time, so this
 * ends for every document.
 */
export function shapeOf(
  schema: Schema,
  schemas: Schemas,
  { above, depth, read }: Walk = { above: [], depth: 0, read: { fields: 0 } },
): Shape {
  const { whole, names } = resolve(schema, schemas);
  const again = names.find((name) => above.includes(name));
  const isLeft = again !== undefined || depth > DEPTH_MAX || read.fields > FIELDS_MAX;
  const parts = isLeft ? [] : fieldsOf(whole, schemas, { above: [...above, ...names], depth: depth + 1, read });
  const left = again !== undefined ? texts.above(again) : texts.deeper;
  return {
    type: typeOf(schema, schemas),
    description: whole.description ?? "",
    limits: limitsOf(whole),
    values: (whole.enum ?? (whole.const === undefined ? [] : [whole.const])).map((value) => JSON.stringify(value)),
    default: whole.default === undefined ? undefined : JSON.stringify(whole.default),
    example: exampleOf(whole),
    fields: parts,
    left: isLeft && hasFields(whole) ? left : undefined,
  };
}

/** Follows `$ref`s, whose siblings count more, and puts `allOf` together. */
function resolve(schema: Schema, schemas: Schemas): { whole: Schema; names: string[] } {
  const names: string[] = [];
  let whole = schema;
  while (whole.$ref !== undefined) {
    const name = nameIn(whole.$ref);
    const { $ref: _, ...siblings } = whole;
    if (names.includes(name)) return { whole: siblings, names };
    names.push(name);
    const found = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    whole = { ...found, ...siblings, ...together(found?.properties, siblings.properties) };
  }
  for (const part of whole.allOf ?? []) whole = { ...part, ...whole, ...together(part.properties, whole.properties) };
  return { whole, names };
}

const together = (one: Schema["properties"], other: Schema["properties"]) =>
  one && other ? { properties: { ...one, ...other } } : {};

const nameIn = (ref: string) => ref.split("/").at(-1) ?? "";

const eitherOf = ({ anyOf, oneOf }: Schema) => anyOf ?? oneOf ?? [];

const typesOf = ({ type }: Schema) => [type ?? []].flat();

function hasFields({ properties, items, additionalProperties, ...schema }: Schema): boolean {
  return (
    properties !== undefined || items !== undefined || additionalProperties !== undefined || eitherOf(schema).length > 0
  );
}

/** The fields of an object, of the items of a list, or of all variants. */
function fieldsOf(schema: Schema, schemas: Schemas, walk: Walk): Field[] {
  const { properties = {}, required = [], items, additionalProperties } = schema;
  walk.read.fields += Object.keys(properties).length;
  const own = Object.entries(properties).map(([name, part]) => ({
    name,
    isRequired: required.includes(name),
    shape: shapeOf(part, schemas, walk),
  }));
  const inner = [
    items ?? [],
    typeof additionalProperties === "object" ? additionalProperties : [],
    eitherOf(schema),
  ].flat();
  return [...own, ...inner.flatMap((part) => shapeOf(part, schemas, walk).fields)];
}

function typeOf(schema: Schema, schemas: Schemas, depth = 0): string {
  if (depth > DEPTH_MAX) return texts.any;
  if (schema.$ref !== undefined) return nameIn(schema.$ref);
  const either = eitherOf(schema);
  if (either.length > 0) return [...new Set(either.map((part) => typeOf(part, schemas, depth + 1)))].join(texts.or);
  const { items, additionalProperties, format } = schema;
  const types = typesOf(schema).map((type) => {
    if (type === "array") return texts.listOf(items ? typeOf(items, schemas, depth + 1) : texts.any);
    if (type === "object" && typeof additionalProperties === "object")
      return texts.mapOf(typeOf(additionalProperties, schemas, depth + 1));
    return type === "string" && format !== undefined ? `${type} (${format})` : type;
  });
  if (types.length > 0) return types.join(texts.or);
  const [value] = schema.enum ?? [schema.const];
  return value === undefined ? texts.any : value === null ? "null" : typeof value;
}

function limitsOf(schema: Schema): string[] {
  const { minLength, maxLength, minItems, maxItems, uniqueItems, pattern } = schema;
  // zod writes the least safe integer where there is no limit.
  const minimum = schema.minimum === Number.MIN_SAFE_INTEGER ? undefined : schema.minimum;
  const { maximum } = schema;
  const isSet = (...limits: unknown[]) => limits.some((limit) => limit !== undefined);
  return [
    isSet(minLength, maxLength) ? texts.length(minLength, maxLength) : "",
    isSet(minItems, maxItems) ? texts.items(minItems, maxItems) : "",
    isSet(minimum, maximum) ? texts.number(minimum, maximum) : "",
    uniqueItems ? texts.unique : "",
    pattern === undefined ? "" : `${texts.pattern} ${pattern}`,
  ].filter((limit) => limit !== "");
}

function exampleOf({ examples, enum: values, const: only, ...schema }: Schema): string | undefined {
  const [example] = examples ?? [];
  const isPlain = example !== undefined && !values && only === undefined;
  // The example of an object is the sum of those of its fields.
  return isPlain && !typesOf(schema).includes("object") ? JSON.stringify(example) : undefined;
}
