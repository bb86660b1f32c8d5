import pino from "pino";
import pretty from "pino-pretty";
import { LogFile } from "./file.ts";

/** See settings.ts. */
interface LogSettings {
  LOG_LEVEL: pino.LevelWithSilent;
  /** A folder, or `off`. */
  LOG_DIR: string;
  LOG_FORMAT: "auto" | "json" | "pretty";
}

export interface Logs {
  logger: pino.Logger;
  /** Writes one line of `api.log`. */
  writeApiLog(line: string): void;
  /** Writes one line of `security.log`, which is JSON. */
  writeSecurityLog(line: string): void;
  close(): Promise<void>;
}

/** Fields that must never be written, wherever a logged object may have them. */
const SECRET = ["password", "password_confirm", "old_password", "token", "cookie", "authorization", "content"];

/**
 * Opens the logs. The application's log goes to standard output and `app.log`, and the log of requests to `api.log`.
 * Security events go to standard output and `security.log`, which no other user of the machine may read.
 */
export function openLogs(config: LogSettings): Logs {
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

/** Standard output may be closed, or a file on a full disk. The server runs on without it. */
function openStdout(format: LogSettings["LOG_FORMAT"]): { write(text: string): void } {
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
        // No place is left to log this.
      }
    },
  };
}

/** `2024-01-01 12:00:00`, in UTC. */
const timestamp = (now: Date) => now.toISOString().slice(0, 19).replace("T", " ");

/**
 * An error as it may be logged: its kind, text and place, but no values. Errors of drizzle and PostgreSQL carry the
 * parameters of a statement, among them messages of people.
 */
function errorWithoutValues(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { name, stack, cause } = error;
  const code = "code" in error ? error.code : undefined;
  // PostgreSQL quotes a value that it can't read (class 22). It may be part of a message.
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

/** Reports a fault, at most once a minute. */
function reporter(write: (text: string) => void) {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (error: unknown) => {
    if (performance.now() - saidAt < 60_000) return;
    saidAt = performance.now();
    const msg = "a log file can't be written; its lines are dropped until it can";
    write(`${JSON.stringify({ level: 40, time: new Date().toISOString(), err: errorWithoutValues(error), msg })}\n`);
  };
}
