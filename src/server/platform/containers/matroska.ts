import type { Erasure } from "./erasure.ts";
import { type Reader, Unfollowed } from "./reader.ts";
import type { Shape } from "./shape.ts";

const [HEADER, SEGMENT, INFO, TRACKS, TAGS, CLUSTER] = [
  0x1a45dfa3, 0x18538067, 0x1549a966, 0x1654ae6b, 0x1254c367, 0x1f43b675,
];
const [TIMESTAMP_SCALE, DURATION, DATE, TITLE] = [0x2ad7b1, 0x4489, 0x4461, 0x7ba9];
const [TRACK, VIDEO, NAME] = [0xae, 0xe0, 0x536e];
const [PIXEL_WIDTH, PIXEL_HEIGHT, DISPLAY_UNIT, DISPLAY_WIDTH, DISPLAY_HEIGHT] = [0xb0, 0xba, 0x54b2, 0x54b0, 0x54ba];
const VOID = 0xec;
const SECOND_NS = 1e9;
const USUAL_SCALE = 1_000_000;

interface Element {
  id: number;
  start: number;
  content: number;
  /** Without a length, as browsers record: where its parent ends. */
  end: number;
  isOpen: boolean;
}

/** Erases the tags of a WebM or Matroska file, its title and its time, and measures the film. */
export async function examineMatroska(reader: Reader, erasure: Erasure): Promise<Shape> {
  const shape: Shape = {};
  let isFollowed = false;
  let at = 0;
  while (at < reader.size) {
    const element = await elementAt(reader, at, reader.size);
    if (element.id === SEGMENT) {
      await examineSegment(reader, element, erasure, shape);
      isFollowed = true;
    } else if (element.id !== HEADER && isFollowed) {
      // Nothing plays what lies behind the film.
      erasure.content(at, reader.size);
      break;
    }
    at = element.end;
  }
  if (!isFollowed) throw new Unfollowed("no film was found");
  return shape;
}

async function examineSegment(reader: Reader, segment: Element, erasure: Erasure, shape: Shape) {
  let at = segment.content;
  while (at < segment.end) {
    const element = await elementAt(reader, at, segment.end);
    if (element.id === TAGS) empty(erasure, element);
    if (element.id === INFO) await examineInfo(reader, element, erasure, shape);
    if (element.id === TRACKS) await examineTracks(reader, element, erasure, shape);
    if (element.isOpen && element.id !== CLUSTER) throw new Unfollowed("an element without a length");
    // The elements of a cluster without a length come as if they lay beside it.
    at = element.isOpen ? element.content : element.end;
  }
}

async function examineInfo(reader: Reader, info: Element, erasure: Erasure, shape: Shape) {
  let scale = USUAL_SCALE;
  let length: number | undefined;
  for (const element of await elementsIn(reader, info)) {
    if (element.id === TIMESTAMP_SCALE) scale = await numberOf(reader, element);
    if (element.id === DURATION) length = await floatOf(reader, element);
    if (element.id === DATE || element.id === TITLE) empty(erasure, element);
  }
  const duration = ((length ?? 0) * scale) / SECOND_NS;
  if (duration > 0 && Number.isFinite(duration)) shape.duration = duration;
}

async function examineTracks(reader: Reader, tracks: Element, erasure: Erasure, shape: Shape) {
  for (const track of await elementsIn(reader, tracks)) {
    if (track.id !== TRACK) continue;
    for (const element of await elementsIn(reader, track)) {
      if (element.id === NAME) empty(erasure, element);
      if (element.id !== VIDEO || shape.width !== undefined) continue;
      const size = await sizeOf(reader, element);
      if (size) Object.assign(shape, size);
    }
  }
}

/** As it is shown. The pixels need not be squares. */
async function sizeOf(reader: Reader, video: Element): Promise<Pick<Shape, "width" | "height"> | undefined> {
  const found = new Map<number, number>();
  for (const element of await elementsIn(reader, video))
    if ([PIXEL_WIDTH, PIXEL_HEIGHT, DISPLAY_UNIT, DISPLAY_WIDTH, DISPLAY_HEIGHT].includes(element.id))
      found.set(element.id, await numberOf(reader, element));
  const isInPixels = (found.get(DISPLAY_UNIT) ?? 0) === 0;
  const width = (isInPixels && found.get(DISPLAY_WIDTH)) || found.get(PIXEL_WIDTH);
  const height = (isInPixels && found.get(DISPLAY_HEIGHT)) || found.get(PIXEL_HEIGHT);
  return width && height ? { width, height } : undefined;
}

async function elementsIn(reader: Reader, { content, end }: Element): Promise<Element[]> {
  const found: Element[] = [];
  for (let at = content; at < end; ) {
    const element = await elementAt(reader, at, end);
    if (element.isOpen) throw new Unfollowed("an element without a length");
    found.push(element);
    at = element.end;
  }
  return found;
}

/** The element at a place. One that goes on behind the end of its parent was cut, and ends there. */
async function elementAt(reader: Reader, start: number, parentEnd: number): Promise<Element> {
  reader.step();
  const head = await reader.read(start, Math.min(start + 12, parentEnd));
  const idBytes = Math.clz32(head[0] ?? 0) - 23;
  const lengthBytes = Math.clz32(head[idBytes] ?? 0) - 23;
  if (idBytes > 4 || lengthBytes > 8 || idBytes + lengthBytes > head.length) throw new Unfollowed("no element");
  const id = head.readUIntBE(0, idBytes);
  const content = start + idBytes + lengthBytes;
  const length = lengthOf(head.subarray(idBytes, idBytes + lengthBytes));
  const end = length === undefined ? parentEnd : Math.min(content + length, parentEnd);
  return { id, start, content, end, isOpen: length === undefined };
}

/** The length in these bytes, whose first bits say how many bytes they are. All ones: there is none. */
function lengthOf(bytes: Buffer): number | undefined {
  const ones = (1n << BigInt(7 * bytes.length)) - 1n;
  let value = 0n;
  for (const byte of bytes) value = value * 256n + BigInt(byte);
  return (value & ones) === ones ? undefined : Number(value & ones);
}

/** Turns an element into nothing, of the same length. */
function empty(erasure: Erasure, { start, end }: Element): void {
  const length = end - start;
  erasure.part(start, end);
  if (length < 2) return;
  const head = Buffer.alloc(length >= 9 ? 9 : 2);
  head[0] = VOID;
  if (length >= 9) head.writeBigUInt64BE((1n << 56n) | BigInt(length - 9), 1);
  else head[1] = 0x80 | (length - 2);
  erasure.write(start, Uint8Array.from(head));
}

async function numberOf(reader: Reader, { content, end }: Element): Promise<number> {
  if (end - content > 6) throw new Unfollowed("a number is too long");
  return end === content ? 0 : (await reader.read(content, end)).readUIntBE(0, end - content);
}

async function floatOf(reader: Reader, { content, end }: Element): Promise<number | undefined> {
  const bytes = await reader.read(content, Math.min(end, content + 8));
  return bytes.length === 8 ? bytes.readDoubleBE(0) : bytes.length === 4 ? bytes.readFloatBE(0) : undefined;
}
