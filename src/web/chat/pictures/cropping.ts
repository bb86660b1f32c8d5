/** The square of a picture that is shown. Lengths are pixels of the picture. */
export interface Crop {
  /** The middle of the square. */
  x: number;
  y: number;
  /** 1: the square is as large as it can be. */
  zoom: number;
}

interface Size {
  width: number;
  height: number;
}

export const ZOOM_MAX = 5;

export const sideOf = ({ width, height }: Size, { zoom }: Crop): number => Math.min(width, height) / zoom;

export const wholeOf = ({ width, height }: Size): Crop => ({ x: width / 2, y: height / 2, zoom: 1 });

/** The nearest square that lies within the picture. */
export function within(size: Size, crop: Crop): Crop {
  const zoom = clamp(crop.zoom, 1, ZOOM_MAX);
  const half = sideOf(size, { ...crop, zoom }) / 2;
  return { zoom, x: clamp(crop.x, half, size.width - half), y: clamp(crop.y, half, size.height - half) };
}

/** Moves the picture below the square, by parts of the square's side. */
export function moved(size: Size, crop: Crop, right: number, down: number): Crop {
  const side = sideOf(size, crop);
  return within(size, { ...crop, x: crop.x - right * side, y: crop.y - down * side });
}

const clamp = (value: number, min: number, max: number) => Math.min(Math.max(value, min), max);
