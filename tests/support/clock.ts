import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The wall clock of a process that the test starts: everything else, timers too, keeps real time. */
export interface Clock {
  /** For the process that shall have this clock. */
  environment: Record<string, string>;
  /** Sets the offset from the real time, such as `+1h`. The process notices within some seconds. */
  set(offset: string): void;
  remove(): void;
}

/** `undefined` where libfaketime is not installed. A line of the output says so. */
export function makeClock(offset: string): Clock | undefined {
  const [library] = new Bun.Glob("/usr/lib/*/faketime/libfaketimeMT.so.1").scanSync({ absolute: true });
  if (!library) {
    process.stderr.write("SKIPPED: tests with a wrong clock, as libfaketime is not installed (Debian: faketime)\n");
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "confab-clock-"));
  const file = join(folder, "clock");
  const write = (text: string) => {
    writeFileSync(`${file}.new`, `${text}\n`);
    renameSync(`${file}.new`, file);
  };
  write(offset);
  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    },
    set: write,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
