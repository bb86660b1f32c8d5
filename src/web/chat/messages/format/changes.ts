import type { FieldChange, FieldText } from "./change.ts";
import { toggleInline } from "./inline.ts";
import type { Format } from "./keys.ts";
import { toggleBlock, toggleList, toggleQuote } from "./lines.ts";
import { toggleLink } from "./link.ts";

/** The change that each format makes. A second time undoes it. */
export const changes: Record<Format, (field: FieldText) => FieldChange> = {
  bold: (field) => toggleInline(field, "**"),
  italics: (field) => toggleInline(field, "_"),
  strike: (field) => toggleInline(field, "~~"),
  link: toggleLink,
  bullets: (field) => toggleList(field, "bullets"),
  numbers: (field) => toggleList(field, "numbers"),
  quote: toggleQuote,
  code: (field) =>
    field.value.slice(field.start, field.end).trim().includes("\n") ? toggleBlock(field) : toggleInline(field, "`"),
  block: toggleBlock,
  spoiler: (field) => toggleInline(field, "||"),
};
