import type { Patch } from "../blobs/blobs.ts";
import { Erasure } from "./erasure.ts";
import { examineIso } from "./iso.ts";
import { examineMatroska } from "./matroska.ts";
import { Reader, Unfollowed } from "./reader.ts";
import type { Shape } from "./shape.ts";
import { examineTiff } from "./tiff.ts";

/** The formats whose metadata are overwritten within the file, by the way to find them. */
const EXAMINERS = {
  "video/mp4": examineIso,
  "video/quicktime": examineIso,
  "video/3gpp": examineIso,
  "video/3gpp2": examineIso,
  "image/heic": examineIso,
  "image/heic-sequence": examineIso,
  "image/heif": examineIso,
  "image/heif-sequence": examineIso,
  "image/avif": examineIso,
  "video/webm": examineMatroska,
  "video/x-matroska": examineMatroska,
  "image/tiff": examineTiff,
};
export type ContainerType = keyof typeof EXAMINERS;

export const isContainerType = (type: string): type is ContainerType => Object.hasOwn(EXAMINERS, type);

export interface Examined {
  /** The parts to overwrite, in this order. */
  patches: Patch[];
  shape: Shape;
  /** Why the structure could not be followed to its end. The patches are those that were found before. */
  reason?: string;
}

/** Finds the metadata of a file, and how large a film is shown. Holds a small part of the file at a time. */
export async function examineContainer(
  type: ContainerType,
  size: number,
  load: (range: { start: number; end: number }) => Promise<Buffer>,
): Promise<Examined> {
  const erasure = new Erasure(size);
  try {
    const shape = (await EXAMINERS[type](new Reader(size, load), erasure)) ?? {};
    return { patches: erasure.patches(), shape };
  } catch (error) {
    // A number behind the end of a part is as broken as one behind the end of the file.
    if (!(error instanceof Unfollowed || error instanceof RangeError)) throw error;
    return { patches: erasure.patches(), shape: {}, reason: error.message };
  }
}
