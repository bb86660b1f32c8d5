/** How a picture lies in its stage: enlarged around the middle of the stage, and moved by so many pixels. */
export interface View {
  scale: number;
  x: number;
  y: number;
}

export const WHOLE: View = { scale: 1, x: 0, y: 0 };
export const SCALE_MAX = 8;
/** A step of the keys and buttons, and what a double press enlarges to. */
export const STEP = 1.5;
export const CLOSE = 2.5;

interface Size {
  width: number;
  height: number;
}

/** Enlarges around a point, given in pixels from the middle of the stage: it stays where it is. */
export function zoomAt(view: View, factor: number, point: { x: number; y: number }): View {
  const scale = Math.min(Math.max(1, view.scale * factor), SCALE_MAX);
  const by = scale / view.scale;
  return { scale, x: point.x - (point.x - view.x) * by, y: point.y - (point.y - view.y) * by };
}

/** Keeps the picture in the stage: an edge of it leaves the edge of the stage only where it is smaller. */
export function within({ scale, x, y }: View, picture: Size, stage: Size): View {
  const most = (length: number, room: number) => Math.max(0, (length * scale - room) / 2);
  const clamp = (value: number, limit: number) => Math.min(Math.max(value, -limit), limit);
  return {
    scale,
    x: clamp(x, most(picture.width, stage.width)),
    y: clamp(y, most(picture.height, stage.height)),
  };
}
