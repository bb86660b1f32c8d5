import { dlopen, ptr } from "bun:ffi";
import { writeSync } from "node:fs";

/** How long `beforeExit` may take, in ms. */
const END_WITHIN_MS = 3_000;
/** When even that timer does not fire, the kernel ends the process after this time, in whole seconds. */
const ALARM_AFTER_S = 6;
const SIGALRM = 14;
const STDERR = 2;
/** glibc, musl, macOS: the first that exists is used. */
const C_LIBRARIES = [
  "libc.so.6",
  `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`,
  "libSystem.B.dylib",
];

/** Called before the process ends because of an uncaught error. */
export interface Ending {
  log(error: unknown, text: string): void;
  /** The call has a few seconds. The process ends whether it resolves, rejects or hangs. */
  beforeExit(): Promise<void>;
}

/**
 * Ends this process with exit code 1 after an uncaught error. Such an error has left some work half done, and code that
 * runs on may answer wrongly or not at all. The supervisor that started the process starts it again.
 */
export class Fatal {
  private ending: Ending | undefined;
  private hasBegun = false;

  /** From now on this process does not survive an uncaught error. */
  constructor() {
    process.on("uncaughtException", (error: unknown) => this.end(error, "uncaught exception"));
    process.on("unhandledRejection", (error: unknown) => this.end(error, "unhandled rejection"));
  }

  /** Sets what is done before the end. Without it, the text on standard error is all. */
  onEnd(ending: Ending): void {
    this.ending = ending;
  }

  private end(error: unknown, kind: string) {
    // The first error is the cause. Errors during the ending must not begin it again.
    if (this.hasBegun) return;
    this.hasBegun = true;
    // The alarm is set before anything that may block: a pipe without a reader, or a database in this thread.
    exitByAlarm(ALARM_AFTER_S);
    setTimeout(() => process.exit(1), END_WITHIN_MS);
    const text = `Fatal: ${kind}: ${summaryOf(error)}. The process ends, because its state can't be trusted. Acked messages are safe: start it again.`;
    attempt(() => this.ending?.log(error, text));
    attempt(() => writeSync(STDERR, `confab: ${text}\n${framesOf(error)}`));
    Promise.resolve()
      .then(() => this.ending?.beforeExit())
      .catch(() => {})
      .finally(() => process.exit(1));
  }
}

/**
 * Lets the kernel end this process after some seconds, with an exit code that is not 0, even while this thread hangs.
 * The handler is `_exit`, because a signal without a handler does not end the first process of a container.
 */
export function exitByAlarm(seconds: number): void {
  for (const name of C_LIBRARIES)
    try {
      const { symbols } = dlopen(name, {
        alarm: { args: ["u32"], returns: "u32" },
        dlsym: { args: ["ptr", "cstring"], returns: "ptr" },
        signal: { args: ["i32", "ptr"], returns: "ptr" },
      });
      const exit = symbols.dlsym(null, ptr(Buffer.from("_exit\0")));
      symbols.signal(SIGALRM, exit);
      symbols.alarm(seconds);
      return;
    } catch {
      // This library does not exist here. Without any of them, the timers alone end the process.
    }
}

function attempt(work: () => void) {
  try {
    work();
  } catch {
    // The process must end, whatever fails before.
  }
}

/** The first line only: errors of the database carry values in the next ones. */
const summaryOf = (error: unknown) =>
  firstLine(error instanceof Error ? `${error.name}: ${error.message}` : String(error));

const firstLine = (text: string) => text.split("\n")[0] ?? "";

function framesOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const frames = error.stack?.split("\n").filter((line) => line.trimStart().startsWith("at ")) ?? [];
  return frames.map((line) => `${line}\n`).join("");
}
