import type { Server } from "bun";
import type { Logger } from "../base/logger.ts";
import type { Config } from "../config.ts";
import type { PasswordCost } from "../features/accounts/passwords.ts";
import type { PresenceTimes } from "../places/places.ts";
import type { Upgrade } from "../ws/socket.ts";

export interface NodeOptions {
  config: Config;
  logger: Logger;
  writeApiLog(line: string): void;
  writeSecurityLog(line: string): void;
  /** The server that will call `fetch`. */
  server(): Server<Upgrade>;
  /** The node can't go on: another one has taken its place, or its embedded database has stopped. */
  onLost(error: Error): void;
  /** Replaces the usual times, for tests. */
  presence?: PresenceTimes;
  passwordCost?: PasswordCost;
  housekeepingEveryMs?: number;
}
