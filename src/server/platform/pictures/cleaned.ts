/** A picture without what it tells about its maker. */
export interface Cleaned {
  /** The parts of the picture, in order. Most are views of the bytes that were walked. */
  parts: Uint8Array[];
  /** How the stored picture lies, as EXIF numbers it: 1 is upright. */
  orientation: number;
  /** How many pictures it shows, one after the other. More than two count as two. */
  frames: number;
  /** How often the pixels of one picture are refined, which only a JPEG does. */
  scans: number;
}

/** Walks through a picture, and pauses often. The caller decides at which pauses other work has its turn. */
export type Walk = Generator<void, Cleaned | undefined>;

/** After this many steps of a walk, other work has its turn. That is about a millisecond. */
const STEPS_AT_A_STRETCH = 4_000;

export async function walk(steps: Walk): Promise<Cleaned | undefined> {
  for (let taken = 1; ; taken++) {
    const step = steps.next();
    if (step.done) return step.value;
    if (taken % STEPS_AT_A_STRETCH === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
