import type { CSSProperties } from "preact";
import type { MessageFile } from "../../../sdk/public/files.ts";
import { isVisual } from "../base/file-kinds.ts";

/** In rem: the most that a gallery takes, and the height of a card or a player with the gap below it. */
const WIDTH = 26;
const HEIGHT = 22;
const LINE = 4;
const GAP = 0.25;
/** How many tiles the rows of a gallery may have. The rows that are nearest to this shape are taken. */
const ROWS: Readonly<Record<number, readonly string[]>> = {
  2: ["2", "11"],
  3: ["12", "3", "21"],
  4: ["22", "13"],
  5: ["23", "122", "221"],
  6: ["222", "33", "123"],
};
const SHAPE = 1.35;
/** A gallery has so many tiles at most. The last one says how many pictures there are beside. */
const TILES = 6;

/** The tiles of a gallery in their rows, and its width through its height. */
export interface Gallery {
  rows: readonly (readonly MessageFile[])[];
  ratio: number;
  /** In CSS. */
  maxInlineSize: string;
}

/** Width through height, as the gallery crops it. A video may be without a size. */
function shapeOf({ width, height }: MessageFile, least: number, most: number): number {
  return Math.min(Math.max(width && height ? width / height : 16 / 9, least), most);
}

/** The width of a tile through the height of its row. */
export const tileShape = (file: MessageFile) => shapeOf(file, 0.7, 1.8);

/** The shape of a row: the tiles beside each other have one height. */
export const rowShape = (row: readonly MessageFile[]) => row.reduce((sum, file) => sum + tileShape(file), 0);

/** Sets pictures and videos in rows, in their order. Their sizes alone decide, so nothing moves when they load. */
export function galleryOf(visuals: readonly MessageFile[]): Gallery {
  const [first] = visuals;
  if (first && visuals.length === 1) {
    const ratio = shapeOf(first, 0.5, 2.5);
    // A small picture keeps its size. The controls of a video need more room.
    const own = first.width && !first.duration ? `, max(${first.width}px, 4rem)` : "";
    return { rows: [visuals], ratio, maxInlineSize: `min(${Math.min(WIDTH, HEIGHT * ratio)}rem${own})` };
  }
  const shown = visuals.slice(0, TILES);
  const [found] = (ROWS[shown.length] ?? []).map((lengths) => setInRows(shown, lengths)).sort((a, b) => a.far - b.far);
  const { rows = [shown], ratio = 1 } = found ?? {};
  return { rows, ratio, maxInlineSize: `${Math.min(WIDTH, HEIGHT * ratio)}rem` };
}

function setInRows(files: readonly MessageFile[], lengths: string) {
  let from = 0;
  const rows = [...lengths].map((length) => {
    const row = files.slice(from, from + Number(length));
    from += row.length;
    return row;
  });
  const ratio = 1 / rows.reduce((sum, row) => sum + 1 / rowShape(row), 0);
  return { rows, ratio, far: Math.abs(Math.log(ratio / SHAPE)) };
}

/** The room of a message's files, before the chunk that shows them is loaded. It has the measures of files.css. */
export function roomOf(files: readonly MessageFile[]): CSSProperties {
  const visuals = files.filter(isVisual);
  const lines = (files.length - visuals.length) * LINE + GAP;
  if (visuals.length === 0) return { blockSize: `${lines}rem` };
  const { ratio, maxInlineSize } = galleryOf(visuals);
  return { boxSizing: "content-box", aspectRatio: ratio, maxInlineSize, paddingBlockEnd: `${lines + GAP}rem` };
}
