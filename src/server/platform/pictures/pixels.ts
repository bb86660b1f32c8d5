import { crc32, deflateSync, inflateSync } from "node:zlib";

/** Pixels of four bytes: red, green, blue, alpha. */
export interface Pixels {
  width: number;
  height: number;
  bytes: Buffer;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const PIXEL_BYTES = 4;
/** Eight bits a channel, red to alpha, and no interlacing: the only form that `Bun.Image` writes. */
const FORM = [8, 6, 0, 0, 0];

/** The pixels of a small PNG that `Bun.Image` wrote. It hands out pixels in no other way. */
export function pixelsOf(png: Buffer): Pixels {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const packed: Buffer[] = [];
  for (let at = SIGNATURE.length; at + 8 <= png.length; ) {
    const size = png.readUInt32BE(at);
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") packed.push(png.subarray(at + 8, at + 8 + size));
    at += 12 + size;
  }
  const lines = inflateSync(Buffer.concat(packed));
  const bytes = Buffer.alloc(width * PIXEL_BYTES * height);
  for (let y = 0; y < height; y++) decodeLine(lines, bytes, y, width * PIXEL_BYTES);
  return { width, height, bytes };
}

/** Each line is stored as its difference to its neighbours, by one of five filters. */
function decodeLine(lines: Buffer, bytes: Buffer, y: number, length: number): void {
  const from = y * (length + 1);
  const filter = lines[from] ?? 0;
  for (let x = 0; x < length; x++) {
    const at = y * length + x;
    const left = x < PIXEL_BYTES ? 0 : (bytes[at - PIXEL_BYTES] ?? 0);
    const up = y === 0 ? 0 : (bytes[at - length] ?? 0);
    const corner = x < PIXEL_BYTES || y === 0 ? 0 : (bytes[at - length - PIXEL_BYTES] ?? 0);
    bytes[at] = (lines[from + 1 + x] ?? 0) + predicted(filter, left, up, corner);
  }
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const guess = left + up - corner;
  const [byLeft, byUp, byCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}

/** The square in the middle. `Bun.Image` cuts nothing out. */
export function squareOf({ width, height, bytes }: Pixels): Pixels {
  const side = Math.min(width, height);
  const left = Math.floor((width - side) / 2);
  const top = Math.floor((height - side) / 2);
  const square = Buffer.alloc(side * side * PIXEL_BYTES);
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * width + left) * PIXEL_BYTES;
    bytes.copy(square, y * side * PIXEL_BYTES, from, from + side * PIXEL_BYTES);
  }
  return { width: side, height: side, bytes: square };
}

/** Packs pixels, so that `Bun.Image` reads them again. */
export function pngOf({ width, height, bytes }: Pixels): Buffer<ArrayBuffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set(FORM, 8);
  const lineBytes = width * PIXEL_BYTES;
  const lines = Buffer.alloc((lineBytes + 1) * height);
  for (let y = 0; y < height; y++) bytes.copy(lines, y * (lineBytes + 1) + 1, y * lineBytes, (y + 1) * lineBytes);
  const packed = deflateSync(lines, { level: 1 });
  return Buffer.concat([SIGNATURE, chunk("IHDR", header), chunk("IDAT", packed), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(content.length, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), framed.length - 4);
  return framed;
}
