import { rgbaToThumbHash } from "thumbhash";
import { type Cleaned, walk } from "./cleaned.ts";
import { PIXELS_MAX } from "./decoding.ts";
import { turnOf, UPRIGHT } from "./exif.ts";
import { cleanGif } from "./gif.ts";
import { cleanJpeg } from "./jpeg.ts";
import { pixelsOf, pngOf, squareOf } from "./pixels.ts";
import { cleanPng } from "./png.ts";
import { cleanWebp } from "./webp.ts";

/** How long the longer side is of the small copy that a placeholder is made from. A placeholder shows no more. */
const SAMPLE_SIDE = 32;
/** Cameras and programs make some ten scans. Each costs as much as the whole picture, in a few bytes. */
const SCANS_MAX = 64;
/** The most that one side of an avatar's picture may be longer than the other. The rest would be cut off anyway. */
const ASPECT_MAX = 10;

/** The formats that are shown as pictures, by how to clean them. `Bun.Image` decodes no other one on Linux. */
const CLEANERS = {
  "image/jpeg": cleanJpeg,
  "image/png": cleanPng,
  "image/webp": cleanWebp,
  "image/gif": cleanGif,
  "image/bmp": undefined,
};
export type PictureType = keyof typeof CLEANERS;

export const isPictureType = (type: string): type is PictureType => Object.hasOwn(CLEANERS, type);

/** The facts that messages show of a picture. Absent when it is a file as any other. */
export interface Shown {
  /** In pixels, upright. */
  width: number;
  height: number;
  /** A ThumbHash in base64. Absent when nothing here decodes the picture, as a moving WebP. */
  placeholder?: string;
}

export interface Picture {
  /** The bytes without metadata. */
  bytes: Buffer<ArrayBuffer>;
  shown?: Shown;
  /** Why it is not shown. */
  reason?: "broken" | "too large" | "too costly";
  isMoving: boolean;
}

/**
 * Takes the metadata out of a picture, and measures it. The pixels stay as they are, but for a PNG or WebP that does not
 * lie upright: browsers do not agree on how to show those, so it is turned for good.
 */
export async function pictureOf(original: Buffer<ArrayBuffer>, type: PictureType): Promise<Picture> {
  const clean = CLEANERS[type];
  const cleaned = clean && (await walk(clean(original)));
  const isMoving = cleaned !== undefined && cleaned.frames > 1;
  const bytes = cleaned ? await uprightOf(joined(cleaned, original), cleaned, type) : original;
  if (cleaned && cleaned.scans > SCANS_MAX) return { bytes, reason: "too costly", isMoving };
  const size = await sizeOf(bytes);
  if (!size) return { bytes, reason: "broken", isMoving };
  if (size.width * size.height > PIXELS_MAX) return { bytes, reason: "too large", isMoving };
  const sample = await decoded(bytes, (image) => image.resize(...inside(SAMPLE_SIDE)).png({ compressionLevel: 1 }));
  if (sample) return { bytes, shown: { ...size, placeholder: placeholderOf(sample) }, isMoving };
  // Bun.Image decodes no moving WebP. Browsers do.
  return type === "image/webp" && isMoving ? { bytes, shown: size, isMoving } : { bytes, reason: "broken", isMoving };
}

/** A WebP of a picture whose longer side has at most so many pixels. Undefined when nothing here decodes the picture. */
export const smallerOf = (bytes: Buffer<ArrayBuffer>, side: number): Promise<Buffer<ArrayBuffer> | undefined> =>
  decoded(bytes, (image) => image.resize(...inside(side)).webp({ quality: 80 }));

/**
 * The square in the middle of a picture, as WebPs with these sides. They are smaller when the picture is.
 * Undefined when nothing here decodes the picture, or when it is a mere strip.
 *
 * @param sides the largest first
 */
export async function squaresOf(
  bytes: Buffer<ArrayBuffer>,
  sides: readonly number[],
): Promise<Buffer<ArrayBuffer>[] | undefined> {
  const size = await sizeOf(bytes);
  if (!size) return undefined;
  const { width, height } = size;
  const shorter = Math.min(width, height);
  if (Math.max(width, height) > shorter * ASPECT_MAX) return undefined;
  const scale = Math.min(1, Math.max(...sides) / shorter);
  const fitted = [Math.round(width * scale), Math.round(height * scale)] as const;
  const small = await decoded(bytes, (image) => image.resize(...fitted).png({ compressionLevel: 1 }));
  const square = small && pngOf(squareOf(pixelsOf(small)));
  if (!square) return undefined;
  const squares: Buffer<ArrayBuffer>[] = [];
  for (const side of sides) {
    const made = await smallerOf(square, side);
    if (made) squares.push(made);
  }
  return squares.length === sides.length ? squares : undefined;
}

/** Runs one chain of `Bun.Image`, on its own thread. Undefined when the picture can't be decoded. */
async function decoded(
  bytes: Buffer<ArrayBuffer>,
  chain: (image: Bun.Image) => Bun.Image,
): Promise<Buffer<ArrayBuffer> | undefined> {
  try {
    return Buffer.from(await (await chain(new Bun.Image(bytes, { maxPixels: PIXELS_MAX })).blob()).arrayBuffer());
  } catch {
    return undefined;
  }
}

const inside = (side: number) => [side, side, { fit: "inside", withoutEnlargement: true }] as const;

async function sizeOf(bytes: Buffer<ArrayBuffer>) {
  try {
    const { width, height } = await new Bun.Image(bytes).metadata();
    return width > 0 && height > 0 ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}

function joined({ parts }: Cleaned, original: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return length === original.length ? original : Buffer.concat(parts, length);
}

async function uprightOf(
  bytes: Buffer<ArrayBuffer>,
  { orientation, frames }: Cleaned,
  type: PictureType,
): Promise<Buffer<ArrayBuffer>> {
  if (orientation === UPRIGHT || frames > 1 || (type !== "image/png" && type !== "image/webp")) return bytes;
  const { mirrored, degrees } = turnOf(orientation);
  const upright = await decoded(bytes, (image) => {
    // It turns first, in whatever order it is told.
    const turned = mirrored ? image.rotate(degrees).flop() : image.rotate(degrees);
    return type === "image/png" ? turned.png() : turned.webp({ quality: 90 });
  });
  return upright ?? bytes;
}

function placeholderOf(sample: Buffer<ArrayBuffer>): string {
  const { width, height, bytes } = pixelsOf(sample);
  return Buffer.from(rgbaToThumbHash(width, height, bytes)).toString("base64");
}
