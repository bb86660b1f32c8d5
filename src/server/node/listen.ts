import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "bun";
import { closeCodes } from "../../protocol/close-codes.ts";
import { Failure } from "../base/failure.ts";
import type { Logger } from "../base/logger.ts";
import type { Config } from "../config.ts";
import { bareFailure, startingAnswer } from "../http/starting.ts";
import { isUnavailable } from "../platform/postgres/database.ts";
import type { Raw, Upgrade } from "../ws/socket.ts";
import { socketLimits } from "../ws/sockets.ts";
import { type Node, openNode } from "./compose.ts";
import { CONTROL_SOCKET } from "./control/protocol.ts";
import { Control, listenForCommands } from "./control/server.ts";
import type { NodeOptions } from "./options.ts";
import { originToOpen } from "./origin-to-open.ts";
import { sendAway } from "./stop.ts";

/** The pause between tries to reach a database that is not there yet. */
const DATABASE_RETRY_MS = 1_000;

/** A node that listens. */
export interface RunningServer {
  url: URL;
  /** Resolves when the node serves; rejects when it can't, with a text that says what to do. */
  ready: Promise<void>;
  /** The address at which people open it. */
  origin: string;
  /** The code that makes the next account a superuser, once the node is ready; undefined when there is none. */
  setUpCode(): Promise<string | undefined>;
  /** Accepts nothing new, answers the requests under way, sends sockets away to come back, and closes everything. */
  stop(): Promise<void>;
  /**
   * For a node whose state can't be trusted: sends all sockets away to come back, and does no more. Takes 2 s at most.
   */
  abort(): Promise<void>;
}

export type ServerOptions = Omit<NodeOptions, "server">;

/**
 * Listens at once, so that health checks are answered while the database opens, and opens the node behind it.
 * @throws when the port can't be had
 */
export function startServer(options: ServerOptions): RunningServer {
  const { config, logger } = options;
  let node: Node | undefined;
  let commands: Server<undefined> | undefined;
  let stopping = false;
  const server = listenOrSayWhy(config, logger, () => node);
  logger.info({ host: config.HOST, port: server.port }, "listening");

  /** Closes the database and opens the one that replaces it, while this process goes on listening. */
  const reopen = async (closing: Node) => {
    logger.info({}, "the database is closed, to be opened again");
    const turnAway = () => {
      node = undefined;
      // A backup may be copying files that are about to be replaced.
      control.releaseAll();
    };
    await closing.close(() => sendAway(server, closing.sockets, turnAway));
    if (!stopping) await open();
  };
  let reopening: Promise<void> | undefined;
  const control = new Control(() => {
    const serving = node;
    return (
      serving && {
        operator: serving.operator,
        holdCheckpoints: () => serving.holdCheckpoints(),
        reopen: () => {
          reopening ??= reopen(serving)
            .catch((error: unknown) => {
              options.onLost(error instanceof Error ? error : new Error(String(error)));
              throw error;
            })
            .finally(() => {
              reopening = undefined;
            });
          return reopening;
        },
      }
    );
  });

  const open = async () => {
    const opened = await openWhenReachable({ ...options, server: () => server }, () => stopping);
    if (!opened) return;
    node = opened;
    if (config.DATABASE_URL === undefined) commands ??= listenForCommands(config.DATA_DIR, control, logger);
    const mode = config.DATABASE_URL === undefined ? `embedded, data in ${config.DATA_DIR}` : "PostgreSQL";
    logger.info({ mode }, "ready");
  };
  const ready = open();

  return {
    url: server.url,
    ready,
    origin: originToOpen(config, server.port ?? config.PORT),
    setUpCode: async () => node?.setUpCode(),
    async stop() {
      stopping = true;
      await ready.catch(() => {});
      await reopening?.catch(() => {});
      if (commands) {
        await commands.stop(true);
        rmSync(join(config.DATA_DIR, CONTROL_SOCKET), { force: true });
      }
      if (node) await node.close();
      else await server.stop(true);
    },
    async abort() {
      stopping = true;
      await node?.abort();
    },
  };
}

function listenOrSayWhy(...given: Parameters<typeof listen>): Server<Upgrade> {
  try {
    return listen(...given);
  } catch (error) {
    const [{ HOST, PORT }] = given;
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Can't listen on HOST ${HOST}, PORT ${PORT}: ${why}`, { cause: error });
  }
}

function listen(config: Config, logger: Logger, node: () => Node | undefined): Server<Upgrade> {
  const guard = guardSocket(logger);
  return Bun.serve<Upgrade>({
    port: config.PORT,
    hostname: config.HOST,
    // Bodies are bounded by http/input.ts, which answers in the contract's envelope.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    fetch: (request, server) =>
      node()?.fetch(request, server) ?? startingAnswer(request, { name: null, color: config.COLOR ?? null }),
    error: (error) => {
      logger.error({ err: error }, "a request failed outside the application");
      return bareFailure("internal");
    },
    websocket: {
      ...socketLimits,
      open: guard.event((raw) => {
        const opening = node();
        const { visitor } = raw.data;
        if (!opening || !visitor) return raw.terminate();
        opening.sockets.open(raw, visitor);
      }),
      message: guard.frame((raw, frame) => raw.data.socket?.receive(frame)),
      drain: guard.event((raw) => raw.data.socket?.onDrain()),
      // The socket tells the node that opened it. Another node may be serving by now.
      close: guard.event((raw) => raw.data.socket?.onClosed()),
    },
  });
}

/** Ends a socket whose handler throws: Bun would report an uncaught error, which ends the node. */
const guardSocket = (logger: Logger) => {
  const fail = (raw: Raw, error: unknown) => {
    logger.error({ err: error }, "a socket's handler failed");
    raw.close(closeCodes.tryAgain, "Please try again");
  };
  return {
    event: (handle: (raw: Raw) => void) => (raw: Raw) => {
      try {
        handle(raw);
      } catch (error) {
        fail(raw, error);
      }
    },
    // A rest parameter for both would make an array for each frame.
    frame: (handle: (raw: Raw, frame: string | Buffer) => void) => (raw: Raw, frame: string | Buffer) => {
      try {
        handle(raw, frame);
      } catch (error) {
        fail(raw, error);
      }
    },
  };
};

async function openWhenReachable(options: NodeOptions, isStopping: () => boolean): Promise<Node | undefined> {
  while (!isStopping()) {
    try {
      return await openNode(options);
    } catch (error) {
      // The embedded database is on this machine, so to wait for it would only hide the fault.
      const isElsewhere = options.config.DATABASE_URL !== undefined;
      const isAway = isUnavailable(error) || (error instanceof Failure && error.reason === "unavailable");
      if (!isElsewhere || !isAway) throw error;
      options.logger.warn({ err: error }, "the database can't be reached yet");
      await Bun.sleep(DATABASE_RETRY_MS);
    }
  }
  return undefined;
}
