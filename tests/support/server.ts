import { afterAll, beforeAll } from "bun:test";
import pino from "pino";
import { readConfig } from "../../src/server/config.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../src/server/node/listen.ts";
import { Client } from "./client.ts";
import { type Mode, makePlace, type Place } from "./modes.ts";

/** All limits are off. A test of a limit sets it. */
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
  RATE_LIMIT_REACTIONS: "off",
  RATE_LIMIT_FILES: "off",
  RATE_LIMIT_UPLOADS: "off",
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

/** With the real cost, hashing passwords would take half of the tests' time. */
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

/**
 * A server for all tests of the surrounding group, or file: it starts before them and stops after them.
 * Call it before the group's own `beforeAll`, which may then use the server.
 */
export function withServer(
  mode: Mode,
  settings: Record<string, string> = {},
  options: Parameters<typeof startTestServer>[2] = {},
): TestServer {
  let started: TestServer | undefined;
  beforeAll(async () => {
    started = await startTestServer(mode, settings, options);
  });
  afterAll(() => started?.stop());
  return standIn(() => started);
}

/** Two nodes on one database and one Redis, for all tests of the surrounding group. */
export function withTwoNodes(
  settings: Record<string, string> = {},
  options: Parameters<typeof startTestServer>[2] = {},
): { one: TestServer; two: TestServer; place: () => Place } {
  let place: Place | undefined;
  let [one, two]: TestServer[] = [];
  beforeAll(async () => {
    place = await makePlace("redis");
    const environment = { ...place.environment, ...settings };
    one = await startTestServer("redis", environment, options);
    two = await startTestServer("redis", environment, options);
  });
  afterAll(async () => {
    await one?.stop();
    await two?.stop();
    place?.remove();
  });
  return { one: standIn(() => one), two: standIn(() => two), place: () => started(place) };
}

/** An object that passes everything on to a server that starts later. */
function standIn(server: () => TestServer | undefined): TestServer {
  const now = () => started(server());
  return {
    get url() {
      return now().url;
    },
    get running() {
      return now().running;
    },
    get environment() {
      return now().environment;
    },
    get log() {
      return now().log;
    },
    get apiLog() {
      return now().apiLog;
    },
    get securityLog() {
      return now().securityLog;
    },
    get lost() {
      return now().lost;
    },
    visitor: () => now().visitor(),
    person: (firstName) => now().person(firstName),
    stop: () => now().stop(),
  };
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the server starts before the tests, not before this line");
  return part;
}
