import type { z } from "zod";
import { MESSAGE_FIELDS_BYTES_MAX, type MessageFields, messageFields } from "../../protocol/message-fields.ts";
import { Failure } from "../base/failure.ts";

const registered: Readonly<Record<string, z.ZodType>> = messageFields;

/**
 * The fields of a new message as JSON; null when it has none.
 * @throws Failure `unstorable` when they are too large, an Error when one is not registered or its value is wrong
 */
export function encodeFields(fields: MessageFields | undefined): string | null {
  if (fields === undefined) return null;
  // A field that was not given may be there as `undefined`, which JSON leaves out.
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (given.length === 0) return null;
  for (const [key, value] of given) {
    const schema = registered[key];
    if (!schema) throw new Error(`the field ${key} is not in src/protocol/message-fields.ts`);
    schema.parse(value);
  }
  const json = JSON.stringify(fields);
  if (Buffer.byteLength(json) > MESSAGE_FIELDS_BYTES_MAX) throw new Failure("unstorable");
  return json;
}
