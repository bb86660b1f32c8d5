import { type Colour, picture } from "../../tests/support/pictures.ts";

const mixed = (from: Colour, to: Colour, part: number): Colour => [
  Math.round(from[0] + (to[0] - from[0]) * part),
  Math.round(from[1] + (to[1] - from[1]) * part),
  Math.round(from[2] + (to[2] - from[2]) * part),
];
const isWithin = (x: number, y: number, [left, top]: readonly [number, number], radius: number) =>
  (x - left) ** 2 + (y - top) ** 2 < radius ** 2;

const [WIDE, HIGH] = [800, 600];

/** The sun goes down behind hills. */
function evening(x: number, y: number): Colour {
  const near = 430 + 40 * Math.sin(x / 130);
  const far = 370 + 50 * Math.sin(x / 190 + 2);
  if (y > near) return mixed([38, 70, 54], [18, 38, 34], (y - near) / 200);
  if (y > far) return mixed([86, 106, 118], [52, 84, 82], (y - far) / 120);
  if (isWithin(x, y, [560, 300], 62)) return [255, 232, 170];
  return mixed([52, 84, 140], [250, 168, 104], Math.min(1, y / 380));
}

const BULBS = Array.from({ length: 9 }, (_, n) => [50 + n * 88, 150 + 46 * Math.sin(n * 0.8)] as const);
const GLOW: Colour = [255, 205, 110];

/** Lamps across a street at night. */
function lamps(x: number, y: number): Colour {
  const wall = mixed([22, 26, 52], [46, 40, 66], y / HIGH);
  const isWindow = y > 260 && y < 540 && x % 160 > 50 && x % 160 < 110 && y % 140 > 30 && y % 140 < 110;
  const ground: Colour = isWindow ? [246, 190, 96] : wall;
  const nearest = Math.min(...BULBS.map(([left, top]) => Math.hypot(x - left, y - top)));
  return nearest < 15 ? [255, 244, 210] : mixed(ground, GLOW, Math.max(0, 0.75 - nearest / 90));
}

const FLAGS: readonly Colour[] = [
  [214, 68, 58],
  [244, 190, 62],
  [60, 132, 96],
  [66, 104, 178],
];

/** Flags on a line below the sky. */
function flags(x: number, y: number): Colour {
  const line = 170 + 60 * Math.sin((x / WIDE) * Math.PI);
  const [n, across] = [Math.floor(x / 80), Math.abs((x % 80) - 40)];
  if (Math.abs(y - line) < 3) return [70, 60, 60];
  if (y > line && y < line + 110 && across < 36 - ((y - line) / 110) * 36) return FLAGS[n % FLAGS.length] ?? [0, 0, 0];
  return mixed([126, 182, 226], [226, 240, 246], y / HIGH);
}

/** Pictures that look a little like photos of a street party. */
export const photos = () => ({
  "flags.png": picture(WIDE, HIGH, flags),
  "evening.png": picture(WIDE, HIGH, evening),
  "lamps.png": picture(WIDE, HIGH, lamps),
});
