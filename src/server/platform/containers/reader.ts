/**
 * How much is read at once: most boxes and elements are small, and lie side by side. A walk that goes on near by reads more
 * each time, because every read of an S3 server takes milliseconds.
 */
const WINDOW_BYTES = { least: 32 * 1024, most: 256 * 1024 };
/** Tables and lists of one file that are larger are not looked through. */
const READ_MAX = 2 * 1024 * 1024;
/** The most boxes, elements and directories of one file that are looked at. */
const STEPS_MAX = 1_000_000;

/** The structure of a file can't be followed to its end: it is broken, or larger than any that cameras make. */
export class Unfollowed extends Error {}

/** Reads a file in parts, and holds one of them. */
export class Reader {
  private window: { start: number; bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };
  private ahead = WINDOW_BYTES.least;
  private steps = 0;

  constructor(
    readonly size: number,
    private readonly load: (range: { start: number; end: number }) => Promise<Buffer>,
  ) {}

  /** The bytes from `start` to `end`. @throws Unfollowed when the file has them not, or when they are too many */
  async read(start: number, end: number): Promise<Buffer> {
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start || end > this.size)
      throw new Unfollowed(`the file has no bytes from ${start} to ${end}`);
    if (end - start > READ_MAX) throw new Unfollowed(`a part of ${end - start} bytes is too large`);
    const { window } = this;
    if (start < window.start || end > window.start + window.bytes.length) {
      const isNear = start >= window.start && start <= window.start + 2 * window.bytes.length;
      this.ahead = isNear ? Math.min(2 * this.ahead, WINDOW_BYTES.most) : WINDOW_BYTES.least;
      const until = Math.min(this.size, Math.max(end, start + this.ahead));
      this.window = { start, bytes: await this.load({ start, end: until }) };
      if (this.window.bytes.length < end - start) throw new Unfollowed("the store has fewer bytes than the file");
    }
    return this.window.bytes.subarray(start - this.window.start, end - this.window.start);
  }

  /** Counts a step of a walk, so that a file of tiny parts ends. @throws Unfollowed */
  step(): void {
    this.steps++;
    if (this.steps > STEPS_MAX) throw new Unfollowed("the file has too many parts");
  }
}
