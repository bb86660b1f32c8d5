import pino from "pino";
import { readConfig } from "../../src/server/config.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../src/server/node/listen.ts";
import { Client } from "./client.ts";
import { type Mode, makePlace } from "./modes.ts";

/** All limits off: a test that is about one sets it. */
export const NO_LIMITS = {
  RATE_LIMIT_ANON: "off",
  RATE_LIMIT_USER: "off",
  RATE_LIMIT_MESSAGES: "off",
  RATE_LIMIT_LOGIN: "off",
  RATE_LIMIT_REGISTER: "off",
  RATE_LIMIT_LOGIN_NETWORK: "off",
  RATE_LIMIT_LOGIN_ACCOUNT: "off",
  RATE_LIMIT_SENDS: "off",
  RATE_LIMIT_FRAMES: "off",
};

export interface TestServer {
  url: string;
  running: RunningServer;
  environment: Record<string, string>;
  /** The application's log, line by line. */
  log: string[];
  apiLog: string[];
  securityLog: string[];
  /** Why the server said that it can't go on. */
  lost: string[];
  /** Somebody who is not logged in. */
  visitor(): Client;
  /** A new person, registered and logged in. */
  person(firstName?: string): Promise<Client>;
  stop(): Promise<void>;
}

/** Else half of what the tests compute would be passwords. */
const CHEAP_PASSWORDS = { memoryCost: 64, timeCost: 1 };

/** A real server in this process, on a free port, with a database of its own. */
export async function startTestServer(
  mode: Mode,
  settings: Record<string, string> = {},
  options: Pick<ServerOptions, "presence" | "passwordCost" | "housekeepingEveryMs"> = {},
): Promise<TestServer> {
  const place = await makePlace(mode);
  const environment = { ...NO_LIMITS, ...place.environment, HOST: "127.0.0.1", PORT: "0", ...settings };
  const log: string[] = [];
  const apiLog: string[] = [];
  const securityLog: string[] = [];
  const lost: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void log.push(line) });
  const running = startServer({
    config: readConfig(environment),
    logger,
    writeApiLog: (line) => void apiLog.push(line),
    writeSecurityLog: (line) => void securityLog.push(line),
    onLost: (error) => void lost.push(error.message),
    passwordCost: CHEAP_PASSWORDS,
    ...options,
  });
  await running.ready;
  const url = running.url.origin;
  return {
    url,
    running,
    environment,
    log,
    apiLog,
    securityLog,
    lost,
    visitor: () => new Client(url),
    person: (firstName) => new Client(url).signUp(firstName),
    async stop() {
      await running.stop();
      place.remove();
    },
  };
}
