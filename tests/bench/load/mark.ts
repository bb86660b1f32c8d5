/** Bytes of a mark. It stands first in a message's content and says all there is to know of a delivery. */
const MARK_BYTES = 24;
/** Characters of a message's content, the mark included. */
const CONTENT_CHARACTERS = 64;

const AT = 0x40;
/** Two at signs, then in hexadecimal digits: room, sender in it, number of that sender's message, when it was sent. */
const FIELDS = { room: [2, 4], sender: [6, 2], seq: [8, 8], sentAt: [16, 8] } as const;
type Field = keyof typeof FIELDS;

/** A mark, and words after it. Long runs of one letter would be compressed to nothing on their way. */
export function emptyContent(characters = CONTENT_CHARACTERS): string {
  let text = "@@".padEnd(MARK_BYTES, "0");
  for (let n = characters; text.length < characters; n = (Math.imul(n, 1_103_515_245) + 12_345) >>> 1)
    text += ` ${n.toString(36)}`;
  return text.slice(0, characters);
}

/** `value` is a whole number; `mark` is where the mark begins. */
export function writeField(bytes: Uint8Array, mark: number, field: Field, value: number): void {
  const [offset, digits] = FIELDS[field];
  let rest = value;
  for (let at = mark + offset + digits - 1; at >= mark + offset; at--) {
    const digit = rest & 15;
    bytes[at] = digit < 10 ? 0x30 + digit : 0x57 + digit;
    rest >>>= 4;
  }
}

export function readField(bytes: Uint8Array, mark: number, field: Field): number {
  const [offset, digits] = FIELDS[field];
  let value = 0;
  for (let at = mark + offset; at < mark + offset + digits; at++) {
    const code = bytes[at] ?? 0;
    value = (value << 4) | ((code & 15) + (code >> 6) * 9);
  }
  return value >>> 0;
}

export const isMark = (bytes: Uint8Array, at: number, end: number) =>
  at + MARK_BYTES <= end && bytes[at] === AT && bytes[at + 1] === AT;

/** Where the mark of a frame begins, or -1: it has none. */
export function findMark(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at + MARK_BYTES <= end; at++) if (isMark(bytes, at, end)) return at;
  return -1;
}
