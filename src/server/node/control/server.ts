import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "bun";
import type { Logger } from "../../base/logger.ts";
import { accountCommand } from "./accounts.ts";
import type { Operator } from "./operator.ts";
import { CONTROL_SOCKET, holdBody, PATHS } from "./protocol.ts";

/**
 * A command that dies releases the hold. A command that hangs loses it after this time, because the log grows
 * meanwhile.
 */
const HOLD_AT_MOST_MS = 60 * 60_000;
const HOLD_BEAT_MS = 1_000;

/** The requests that commands can make to an embedded server. */
export interface Controlled {
  operator: Operator;
  /** After the promise resolves, the database's files may be copied until you call the returned function. */
  holdCheckpoints(): Promise<() => void>;
  /** Closes the database and opens it again, which puts a restored one in its place. */
  reopen(): Promise<void>;
}

/** Answers the commands that run beside an embedded server. */
export class Control {
  private readonly holds = new Map<string, () => void>();

  /** @param controlled undefined while the database is being opened */
  constructor(private readonly controlled: () => Controlled | undefined) {}

  async answer(request: Request): Promise<Response> {
    const controlled = this.controlled();
    if (!controlled) return starting();
    const { pathname } = new URL(request.url);
    const body: unknown = request.method === "POST" ? await request.json().catch(() => undefined) : undefined;
    if (request.method !== "POST") return refusal("This server does not know that command.", 404);
    switch (pathname) {
      case PATHS.accounts: {
        const asked = accountCommand.safeParse(body);
        if (!asked.success) return refusal("The command sent something unexpected.", 400);
        return Response.json(await controlled.operator.run(asked.data));
      }
      case PATHS.hold: {
        const release = await controlled.holdCheckpoints();
        if (this.controlled()) return this.hold(request, release);
        release();
        return starting();
      }
      case PATHS.release: {
        const asked = holdBody.safeParse(body);
        if (!asked.success) return refusal("The command sent something unexpected.", 400);
        const ok = this.release(asked.data.id);
        return Response.json({
          ok,
          text: ok ? "" : "The server stopped keeping its log before the copy was done. Try again.",
        });
      }
      case PATHS.reopen:
        await controlled.reopen();
        return Response.json({ ok: true, text: "" });
      default:
        return refusal("This server does not know that command.", 404);
    }
  }

  /** Holds as long as the command reads the answer. */
  private hold(request: Request, release: () => void): Response {
    const id = crypto.randomUUID();
    let end = () => {};
    const body = new ReadableStream<string>({
      start: (stream) => {
        stream.enqueue(`${JSON.stringify({ id })}\n`);
        const beat = setInterval(() => this.beat(id, stream), HOLD_BEAT_MS);
        const tooLong = setTimeout(() => this.release(id), HOLD_AT_MOST_MS);
        end = () => {
          clearInterval(beat);
          clearTimeout(tooLong);
          release();
          stream.close();
        };
      },
      cancel: () => void this.release(id),
    });
    this.holds.set(id, end);
    request.signal.addEventListener("abort", () => this.release(id));
    return new Response(body);
  }

  /**
   * Ends all holds, because the database's files are about to be closed and replaced. Copies that are under way are
   * invalid.
   */
  releaseAll(): void {
    for (const id of [...this.holds.keys()]) this.release(id);
  }

  private beat(id: string, stream: ReadableStreamDefaultController<string>) {
    try {
      stream.enqueue("\n");
    } catch {
      // The command has hung up.
      this.release(id);
    }
  }

  private release(id: string): boolean {
    const end = this.holds.get(id);
    this.holds.delete(id);
    try {
      end?.();
    } catch {
      // The command has hung up: its stream is closed already.
    }
    return end !== undefined;
  }
}

/**
 * Listens for commands, because only this process can open the embedded database. The mode of the socket keeps other
 * users out.
 * @returns undefined when the socket can't be made
 */
export function listenForCommands(dataDir: string, control: Control, logger: Logger): Server<undefined> | undefined {
  const path = join(dataDir, CONTROL_SOCKET);
  // A killed process may have left its socket. This process has the folder's lock, so no other one listens there.
  rmSync(path, { force: true });
  const umask = process.umask(0o177);
  try {
    const server = Bun.serve({
      unix: path,
      fetch(request, server) {
        // A command may wait for as long as its work takes.
        server.timeout(request, 0);
        return control.answer(request);
      },
      error(error) {
        logger.error({ err: error }, "a command beside this server failed");
        return failure();
      },
    });
    chmodSync(path, 0o600);
    return server;
  } catch (error) {
    logger.warn({ err: error, path }, "commands beside this server will not work: their socket can't be made");
    return undefined;
  } finally {
    process.umask(umask);
  }
}

const refusal = (text: string, status: number) => Response.json({ ok: false, text }, { status });
const starting = () => refusal("The server is starting. Try again in a moment.", 503);
const failure = () => refusal("The server failed to carry out the command. Its log says why.", 500);
