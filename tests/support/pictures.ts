import { pngOf } from "../../src/server/platform/pictures/pixels.ts";

export type Colour = readonly [red: number, green: number, blue: number];
export const RED: Colour = [220, 30, 30];
export const BLUE: Colour = [30, 60, 220];
export const GREEN: Colour = [20, 160, 60];

/** A PNG whose pixels have the colour that `colourAt` gives. */
export function picture(
  width: number,
  height: number,
  colourAt: (x: number, y: number) => Colour,
): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) bytes.set([...colourAt(x, y), 255], (y * width + x) * 4);
  return pngOf({ width, height, bytes });
}

export const plain = (colour: Colour, side = 300) => picture(side, side, () => colour);
