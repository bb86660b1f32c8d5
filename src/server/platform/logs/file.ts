import { mkdirSync } from "node:fs";
import { createStream, type RotatingFileStream } from "rotating-file-stream";

/** A file is full at this size. This many full files stay. */
const SIZE = "10M";
const KEPT = 5;
/** After a fault, for example a full disk, the file is tried again after this long. */
const RETRY_MS = 5_000;
/** If the disk is slow, lines wait up to this many bytes. Later lines are dropped. */
const BUFFER_BYTES = 4 * 1024 * 1024;

/** Lines are gathered this long, in ms, or up to this many characters, and written together. */
const GATHER = { ms: 20, characters: 64 * 1024 };

/** A log file, rotated by size. Its faults never reach the server: lines that can't be written are dropped. */
export class LogFile {
  private stream: RotatingFileStream | undefined;
  private retryAt = Number.NEGATIVE_INFINITY;
  private gathered = "";
  private timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param onFault is called once for each fault, until the file can be written again
   * @param mode of the file, before the process's umask
   */
  constructor(
    private readonly folder: string,
    private readonly name: string,
    private readonly onFault: (error: unknown) => void,
    private readonly mode = 0o666,
  ) {
    this.open();
  }

  write(line: string): void {
    if (!this.stream && performance.now() >= this.retryAt) this.open();
    if (!this.stream || this.stream.writableLength >= BUFFER_BYTES) return;
    this.gathered += line;
    if (this.gathered.length >= GATHER.characters) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), GATHER.ms);
  }

  private flush() {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.gathered !== "") this.stream?.write(this.gathered);
    this.gathered = "";
  }

  close(): Promise<void> {
    this.flush();
    const { stream } = this;
    this.stream = undefined;
    this.retryAt = Number.POSITIVE_INFINITY;
    return new Promise((resolve) => (stream ? stream.end(() => resolve()) : resolve()));
  }

  private open() {
    try {
      mkdirSync(this.folder, { recursive: true });
      const stream = createStream(this.name, { path: this.folder, size: SIZE, rotate: KEPT, mode: this.mode });
      stream.on("error", (error) => this.fail(stream, error));
      // The rotation failed, but lines still go to the file.
      stream.on("warning", (error) => this.onFault(error));
      this.stream = stream;
    } catch (error) {
      this.fail(undefined, error);
    }
  }

  private fail(stream: RotatingFileStream | undefined, error: unknown) {
    if (this.stream !== stream) return;
    this.stream = undefined;
    this.retryAt = performance.now() + RETRY_MS;
    stream?.destroy();
    this.onFault(error);
  }
}
