/** Turns a picture upright: quarter turns clockwise, and then a mirror from left to right. */
export interface Turn {
  mirrored: boolean;
  degrees: 0 | 90 | 180 | 270;
}

/** The turns of the EXIF orientations 1 to 8. */
const TURNS: readonly Turn[] = [
  { mirrored: false, degrees: 0 },
  { mirrored: true, degrees: 0 },
  { mirrored: false, degrees: 180 },
  { mirrored: true, degrees: 180 },
  { mirrored: true, degrees: 90 },
  { mirrored: false, degrees: 90 },
  { mirrored: true, degrees: 270 },
  { mirrored: false, degrees: 270 },
];

export const UPRIGHT = 1;
const ORIENTATION_TAG = 0x0112;
const SHORT = 3;

export const turnOf = (orientation: number): Turn => TURNS[orientation - 1] ?? { mirrored: false, degrees: 0 };

/** The orientation, 1 to 8, in an EXIF block that begins with its byte order. A block without a valid one is upright. */
export function orientationIn(exif: Uint8Array): number {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  if (view.byteLength < 14) return UPRIGHT;
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return UPRIGHT;
  const little = order === 0x4949;
  const directory = view.getUint32(4, little);
  if (directory + 2 > view.byteLength) return UPRIGHT;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + i * 12;
    if (at + 12 > view.byteLength) break;
    if (view.getUint16(at, little) !== ORIENTATION_TAG || view.getUint16(at + 2, little) !== SHORT) continue;
    const orientation = view.getUint16(at + 8, little);
    return orientation >= 1 && orientation <= 8 ? orientation : UPRIGHT;
  }
  return UPRIGHT;
}

/** A JPEG segment whose EXIF block has the orientation and nothing else. */
export const orientationSegment = (orientation: number): Uint8Array =>
  Uint8Array.of(
    ...[0xff, 0xe1, 0, 34],
    ...[0x45, 0x78, 0x69, 0x66, 0, 0],
    ...[0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8],
    ...[0, 1],
    ...[0x01, 0x12, 0, SHORT, 0, 0, 0, 1, 0, orientation, 0, 0],
    ...[0, 0, 0, 0],
  );
