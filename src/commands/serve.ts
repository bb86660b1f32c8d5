import type { Config } from "../config.ts";
import { openLogs } from "../logs/logs.ts";
import { startServer } from "../server.ts";

/** CONTRACT: a stop takes at most 10 s, whatever hangs. */
const STOP_WITHIN_MS = 9_000;

/** Runs a node until a signal ends it. */
export async function serve(config: Config): Promise<number> {
  const logs = openLogs(config);
  const { logger } = logs;
  for (const fault of ["uncaughtException", "unhandledRejection"] as const)
    process.on(fault, (error: unknown) => logger.error({ err: error }, `${fault}, which is a fault of the program`));

  const ending = Promise.withResolvers<number>();
  const stop = (reason: string, code: number) => {
    logger.info({ reason }, "stopping");
    setTimeout(() => process.exit(code), STOP_WITHIN_MS).unref();
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

  const server = startServer({ config, logger, writeApiLog: logs.writeApiLog, onLost: fail });
  server.ready.catch(fail);
  const code = await ending.promise;
  await server.stop();
  logger.info({}, "stopped");
  await logs.close();
  return code;
}
