import { referenceTexts } from "../../texts/reference.ts";

const { attempt: texts } = referenceTexts;

/** Says why a text is no JSON object, or nothing if it is one. */
export function faultOfJson(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? undefined : texts.notAnObject;
  } catch (error) {
    return texts.notJson(error instanceof Error ? error.message : String(error));
  }
}

/** The text with a line for each field, if it is JSON. */
export function reformatted(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
