import type { Erasure } from "./erasure.ts";
import { type Reader, Unfollowed } from "./reader.ts";

/** The bytes of a value, by its type. */
const VALUE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
/** Of a BigTIFF. No TIFF with a picture is shorter. */
const HEADER_BYTES = 16;
const ENTRIES_MAX = 1_024;
const DIRECTORIES_MAX = 1_024;

const SUB_DIRECTORIES = 330;
const EXIF = 34_665;
const GPS = 34_853;
const INTEROPERABILITY = 40_965;
const DIRECTORIES = new Set([EXIF, GPS, INTEROPERABILITY]);
/** The maker and model, times, the artist, the computer, XMP, the copyright, IPTC, Photoshop's, Exif with the place, and Windows' texts. */
const DROPPED = new Set([
  ...[271, 272, 306, 315, 316, 700, 33_432, 33_723, 34_377, EXIF, GPS],
  ...[40_091, 40_092, 40_093, 40_094, 40_095],
]);

/** The form of a TIFF, or of a BigTIFF. */
interface Form {
  little: boolean;
  /** The bytes of an offset and of the number of a tag's values. */
  word: 4 | 8;
  /** The bytes of the number of entries. */
  count: 2 | 8;
}

interface Entry {
  tag: number;
  bytes: Buffer;
  /** Where its values are, if not within the entry. */
  start: number;
  length: number;
  /** Its first value, as an offset. */
  first: number;
  isInside: boolean;
}

/**
 * Erases the metadata of a TIFF. Its description stays, because pictures of science keep there what their pixels mean.
 * Entries that stay move together, and the values to which they point stay where they are.
 */
export async function examineTiff(reader: Reader, erasure: Erasure): Promise<void> {
  const head = await reader.read(0, HEADER_BYTES);
  const little = head.toString("latin1", 0, 2) === "II";
  const version = little ? head.readUInt16LE(2) : head.readUInt16BE(2);
  const isBig = version === 43;
  if (version !== 42 && !isBig) throw new Unfollowed("no TIFF");
  const form: Form = { little, word: isBig ? 8 : 4, count: isBig ? 8 : 2 };
  const waiting = [numberAt(head, isBig ? 8 : 4, form.word, form)];
  const seen = new Set<number>();
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (at === 0 || seen.has(at)) continue;
    if (seen.size >= DIRECTORIES_MAX) throw new Unfollowed("too many directories");
    seen.add(at);
    const { entries, next, end } = await directoryAt(reader, at, form);
    waiting.push(next);
    const kept = entries.filter(({ tag }) => !DROPPED.has(tag));
    for (const entry of entries) {
      if (entry.tag === SUB_DIRECTORIES) waiting.push(...(await placesOf(reader, entry, form)));
      if (DROPPED.has(entry.tag)) await eraseEntry(reader, entry, form, erasure, seen);
    }
    if (kept.length === entries.length) continue;
    erasure.part(at, end);
    const count = Buffer.alloc(form.count);
    writeNumber(count, kept.length, form);
    const last = Buffer.alloc(form.word);
    writeNumber(last, next, form);
    erasure.write(at, Uint8Array.from(Buffer.concat([count, ...kept.map(({ bytes }) => bytes), last])));
  }
}

/** Erases the values of an entry, and the directory to which it leads. */
async function eraseEntry(reader: Reader, entry: Entry, form: Form, erasure: Erasure, seen: Set<number>) {
  if (!DIRECTORIES.has(entry.tag)) {
    if (!entry.isInside) erasure.content(entry.start, entry.start + entry.length);
    return;
  }
  if (entry.first === 0 || seen.has(entry.first)) return;
  seen.add(entry.first);
  const { entries, end } = await directoryAt(reader, entry.first, form);
  for (const inner of entries) await eraseEntry(reader, inner, form, erasure, seen);
  erasure.part(entry.first, end);
}

async function directoryAt(reader: Reader, at: number, form: Form) {
  const count = numberAt(await reader.read(at, at + form.count), 0, form.count, form);
  if (count > ENTRIES_MAX) throw new Unfollowed("too many entries");
  const entryBytes = 4 + 2 * form.word;
  const end = at + form.count + count * entryBytes + form.word;
  const bytes = await reader.read(at, Math.min(end, reader.size));
  const entries: Entry[] = [];
  for (let n = 0; n < count; n++) {
    reader.step();
    const entry = bytes.subarray(form.count + n * entryBytes, form.count + (n + 1) * entryBytes);
    if (entry.length < entryBytes) throw new Unfollowed("a directory is cut");
    const tag = numberAt(entry, 0, 2, form);
    const length = (VALUE_BYTES[numberAt(entry, 2, 2, form)] ?? 0) * numberAt(entry, 4, form.word, form);
    const first = numberAt(entry, 4 + form.word, form.word, form);
    entries.push({ tag, bytes: entry, start: first, first, length, isInside: length <= form.word });
  }
  const next = end <= reader.size ? numberAt(bytes, bytes.length - form.word, form.word, form) : 0;
  return { entries, next, end };
}

/** The directories to which an entry leads. */
async function placesOf(reader: Reader, entry: Entry, form: Form): Promise<number[]> {
  if (entry.isInside) return [entry.first];
  const bytes = await reader.read(entry.start, entry.start + entry.length);
  const places: number[] = [];
  for (let at = 0; at + form.word <= bytes.length && places.length < DIRECTORIES_MAX; at += form.word)
    places.push(numberAt(bytes, at, form.word, form));
  return places;
}

function numberAt(bytes: Buffer, at: number, length: 2 | 4 | 8, { little }: Pick<Form, "little">): number {
  if (length === 8) return Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  return little ? bytes.readUIntLE(at, length) : bytes.readUIntBE(at, length);
}

function writeNumber(bytes: Buffer, value: number, { little }: Form): void {
  if (bytes.length === 8) {
    if (little) bytes.writeBigUInt64LE(BigInt(value));
    else bytes.writeBigUInt64BE(BigInt(value));
  } else if (little) bytes.writeUIntLE(value, 0, bytes.length);
  else bytes.writeUIntBE(value, 0, bytes.length);
}
