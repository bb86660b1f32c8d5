import pino from "pino";
import pretty from "pino-pretty";
import type { Config } from "../../config.ts";
import { LogFile } from "./file.ts";

export interface Logs {
  logger: pino.Logger;
  /** Writes one line of `api.log`. */
  writeApiLog(line: string): void;
  /** Writes one line of `security.log`, which is JSON. */
  writeSecurityLog(line: string): void;
  close(): Promise<void>;
}

/** Fields that must never be written, wherever an object that is logged may have them. */
const SECRET = ["password", "password_confirm", "old_password", "token", "cookie", "authorization", "content"];

/**
 * The application's log on standard output and in `app.log`, the requests' in `api.log`, and what happens to accounts on
 * standard output and in `security.log`, which nobody else on the machine may read.
 */
export function openLogs(config: Pick<Config, "LOG_LEVEL" | "LOG_DIR" | "LOG_FORMAT">): Logs {
  const stdout = openStdout(config.LOG_FORMAT);
  const streams: pino.StreamEntry[] = [{ level: "trace", stream: stdout }];
  const faults = reporter((text) => stdout.write(text));
  const folder = config.LOG_DIR === "off" ? undefined : config.LOG_DIR;
  const app = folder === undefined ? undefined : new LogFile(folder, "app.log", faults);
  const api = folder === undefined ? undefined : new LogFile(folder, "api.log", faults);
  const security = folder === undefined ? undefined : new LogFile(folder, "security.log", faults, 0o600);
  if (app) streams.push({ level: "trace", stream: app });
  const logger = pino(
    {
      level: config.LOG_LEVEL,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET.flatMap((field) => [field, `*.${field}`]), censor: "[hidden]" },
      serializers: { err: errorWithoutValues },
    },
    pino.multistream(streams),
  );
  return {
    logger,
    writeApiLog: (line) => api?.write(`${timestamp(new Date())} INFO ${line}\n`),
    writeSecurityLog(line) {
      if (config.LOG_LEVEL !== "silent") stdout.write(`${line}\n`);
      security?.write(`${line}\n`);
    },
    async close() {
      await Promise.all([app?.close(), api?.close(), security?.close()]);
    },
  };
}

/** Standard output may be closed, or a full file: the server runs on without it. */
function openStdout(format: Config["LOG_FORMAT"]): { write(text: string): void } {
  const readable = format === "pretty" || (format === "auto" && process.stdout.isTTY);
  process.stdout.on("error", () => {});
  const render = readable
    ? pretty.prettyFactory({ colorize: process.stdout.isTTY, ignore: "pid,hostname", translateTime: "SYS:HH:MM:ss" })
    : (text: string) => text;
  return {
    write(text) {
      try {
        process.stdout.write(render(text) ?? "");
      } catch {
        // Nowhere left to say so.
      }
    },
  };
}

/** `2024-01-01 12:00:00`, in UTC. */
const timestamp = (now: Date) => now.toISOString().slice(0, 19).replace("T", " ");

/**
 * An error as it may be logged: what went wrong and where, but not the values. Errors of drizzle and PostgreSQL carry
 * a statement's parameters, among them what people wrote.
 */
function errorWithoutValues(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { name, stack, cause } = error;
  const code = "code" in error ? error.code : undefined;
  // PostgreSQL quotes a value that it can't read (class 22): people may have written it.
  const line = firstLine(error.message);
  const message = typeof code === "string" && /^22...$/.test(code) ? line.replace(/".*/, "…") : line;
  const frames = stack?.split("\n").filter((line) => line.trimStart().startsWith("at "));
  return {
    type: name,
    message,
    code,
    stack: frames?.join("\n"),
    ...(cause === undefined ? {} : { cause: errorWithoutValues(cause) }),
  };
}

/** drizzle writes `Failed query: … \nparams: …`: the parameters start on a line of their own. */
const firstLine = (message: string) => message.split("\nparams:")[0]?.split("\n")[0] ?? "";

/** Says a fault once a minute. */
function reporter(write: (text: string) => void) {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (error: unknown) => {
    if (performance.now() - saidAt < 60_000) return;
    saidAt = performance.now();
    const msg = "a log file can't be written; its lines are dropped until it can";
    write(`${JSON.stringify({ level: 40, time: new Date().toISOString(), err: errorWithoutValues(error), msg })}\n`);
  };
}
