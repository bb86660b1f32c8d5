const ON_TERMINAL_MS = 200;
const ELSEWHERE_MS = 10_000;

/** Prints on standard error how far a command is: one line that changes on a terminal, else a line now and then. */
export class Progress {
  private toldAt = performance.now();
  private isOpen = false;
  private readonly everyMs = process.stderr.isTTY ? ON_TERMINAL_MS : ELSEWHERE_MS;

  step(what: string, done: number, all: number): void {
    this.tell(() => `${what}: ${all === 0 ? 100 : Math.floor((100 * done) / all)} %`);
  }

  /** For work whose end nobody knows. */
  count(what: string, done: number): void {
    this.tell(() => `${what}: ${counted(done)}`);
  }

  private tell(text: () => string) {
    if (performance.now() - this.toldAt < this.everyMs) return;
    this.toldAt = performance.now();
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text()}` : `${text()}\n`);
    this.isOpen = process.stderr.isTTY;
  }

  /** Call it before you print anything else. */
  end(): void {
    if (this.isOpen) process.stderr.write("\r\x1b[K");
    this.isOpen = false;
  }
}

export const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
export const counted = (n: number) => n.toLocaleString("en-US");
