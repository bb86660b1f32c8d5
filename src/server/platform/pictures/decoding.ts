import { availableParallelism } from "node:os";

/** Pictures with more pixels are files as any other. Decoded, one with this many takes 200 MB. */
export const PIXELS_MAX = 50_000_000;
/** Larger pictures are files as any other. A photo of 50 million pixels takes about half of it. */
export const PICTURE_BYTES_MAX = 64 * 1024 * 1024;

/** How many pictures are decoded at once. Each takes a core, and the chat beside them needs one too. */
const AT_ONCE = availableParallelism() >= 4 ? 2 : 1;

/** Lets one or two pictures be decoded at once, in the order in which they came. `Bun.Image` works on its own threads. */
export class Decoding {
  private free = AT_ONCE;
  private readonly waiting: (() => void)[] = [];

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }
}
