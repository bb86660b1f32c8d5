import type { Config } from "../config.ts";
import { exitByAlarm, type Fatal } from "../node/fatal.ts";
import { type RunningServer, startServer } from "../node/listen.ts";
import { type Logs, openLogs } from "../platform/logs/open.ts";

/** A stop takes at most 10 s, whatever hangs. */
const STOP_WITHIN_MS = 9_000;
const STOP_ALARM_S = 10;

/** Runs a node until a signal or a fatal error ends it. */
export async function serve(config: Config, fatal: Fatal): Promise<number> {
  const logs = openLogs(config);
  const { logger } = logs;
  const ending = Promise.withResolvers<number>();
  const stop = (reason: string, code: number) => {
    exitByAlarm(STOP_ALARM_S);
    setTimeout(() => process.exit(code), STOP_WITHIN_MS).unref();
    logger.info({ reason }, "stopping");
    ending.resolve(code);
  };
  const fail = (error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    logger.fatal({ err: error }, text);
    process.stderr.write(`confab: ${text}\n`);
    stop("it can't go on", 1);
  };
  process.once("SIGTERM", () => stop("SIGTERM", 0));
  process.once("SIGINT", () => stop("SIGINT", 0));

  const { writeApiLog, writeSecurityLog } = logs;
  const server = startServer({ config, logger, writeApiLog, writeSecurityLog, onLost: fail });
  fatal.onEnd({
    log: (error, text) => logger.fatal({ err: error }, text),
    async beforeExit() {
      await server.abort();
      await logs.close();
    },
  });
  server.ready.then(() => announce(server, logs)).catch(fail);
  const code = await ending.promise;
  await server.stop();
  logger.info({}, "stopped");
  await logs.close();
  return code;
}

/** Logs the address to open, and on a fresh server the code by which the first person becomes its admin. */
async function announce({ origin, setUpCode }: RunningServer, { logger }: Pick<Logs, "logger">) {
  // The server is ready, even if the database is away again by now.
  const code = await setUpCode().catch(() => undefined);
  const lines = [`Open ${origin}/`];
  if (code !== undefined) lines.push(`Set-up code: ${code} (the account that is made with it becomes the admin)`);
  for (const line of lines)
    if (logger.isLevelEnabled("info")) logger.info({}, line);
    // Without a log, the line goes to the terminal.
    else process.stdout.write(`${line}\n`);
}
