import { constants, openSync, rmSync } from "node:fs";

/** The exit codes that a shell gives for programs that a signal has ended. */
const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Files and folders that a command must not leave behind when it fails or is stopped. */
export class Leftovers {
  private readonly paths = new Set<string>();
  private isDone = false;

  constructor() {
    for (const [signal, code] of Object.entries(CODES))
      process.once(signal, () => {
        this.remove();
        process.stderr.write(`\nconfab: stopped by ${signal}${this.isDone ? "" : "; nothing was changed"}\n`);
        process.exit(code);
      });
  }

  add(path: string): void {
    this.paths.add(path);
  }

  /** Call it when the command has done its work and only has to clean up. */
  done(): void {
    this.isDone = true;
  }

  keep(path: string): void {
    this.paths.delete(path);
  }

  /** Opens a new file for its owner only. Removes the file of an earlier try that was killed. */
  open(path: string): number {
    rmSync(path, { force: true });
    const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    this.add(path);
    return descriptor;
  }

  remove(): void {
    for (const path of this.paths) rmSync(path, { recursive: true, force: true });
    this.paths.clear();
  }
}
