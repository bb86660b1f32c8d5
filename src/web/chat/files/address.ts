import type { MessageFile } from "../../../sdk/public/files.ts";
import { localUrl } from "./local.ts";

/** The longer sides of the smaller forms of a picture, in pixels. */
const SIZES = [320, 1280] as const;
/** Bytes. A longer animation stands still until somebody opens it. */
const ANIMATED_MAX = 2_000_000;

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** The bytes of a file, from this page or from the server. */
export const addressOf = ({ id, name }: MessageFile) => localUrl(id) ?? `/api/files/${id}/${encodeURIComponent(name)}`;

/** Whether the picture moves in the message. The smaller forms stand still. */
const isAnimated = ({ type }: MessageFile) => type === "image/gif";
const moves = (file: MessageFile) => isAnimated(file) && file.bytes <= ANIMATED_MAX && !still.matches;
/** The message shows one image of an animation. */
export const isHeld = (file: MessageFile) => isAnimated(file) && !moves(file);

/** Where a picture comes from, for the screen's own choice of size. */
export interface Sources {
  src: string;
  srcset?: string;
}

export function sourcesOf(file: MessageFile): Sources {
  const { id, width = 0, height = 0 } = file;
  const whole = addressOf(file);
  if (localUrl(id) !== undefined || moves(file)) return { src: whole };
  const longer = Math.max(width, height);
  const widths = SIZES.map((size) => Math.max(1, Math.round((width * Math.min(size, longer)) / longer)));
  const srcset = SIZES.map((size, i) => `${whole}?size=${size} ${widths[i]}w`).join(", ");
  // Two sources of one width are one source.
  return longer <= SIZES[0] ? { src: `${whole}?size=${SIZES[0]}` } : { src: `${whole}?size=${SIZES[1]}`, srcset };
}

/** The smaller form alone, for a list of small pictures. */
export const smallAddressOf = (file: MessageFile) => localUrl(file.id) ?? `${addressOf(file)}?size=${SIZES[0]}`;

/** The form that fits a screen. */
export const screenAddressOf = (file: MessageFile) =>
  localUrl(file.id) ?? (isAnimated(file) ? addressOf(file) : `${addressOf(file)}?size=${SIZES[1]}`);
