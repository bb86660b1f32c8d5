import { z } from "zod";
import { type AccountCommand, type AccountReply, accountCommand, accountReply, type Operator } from "./operator.ts";

/** In DATA_DIR, for this user only (0600). */
export const CONTROL_SOCKET = "confab.sock";

/** What a command tells: a text for people, and whether it worked. */
const controlReply = z.object({ ok: z.boolean(), text: z.string() });

const holdBody = z.object({ id: z.string() });

/** A command that dies lets go by that; one that hangs does after this long. The log grows meanwhile. */
const HOLD_AT_MOST_MS = 60 * 60_000;
const HOLD_BEAT_MS = 1_000;

const PATHS = {
  accounts: "/accounts",
  hold: "/checkpoints/hold",
  release: "/checkpoints/release",
  reopen: "/reopen",
} as const;

/** The requests that commands can make to an embedded server. */
export interface Controlled {
  operator: Operator;
  /** From when it resolves, the database's files may be copied, until the function that it gives is called. */
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

  /** Holds as long as the command reads this answer. */
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

  /** The database's files are about to be closed and replaced: what was copied of them counts for nothing. */
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

const refusal = (text: string, status: number) => Response.json({ ok: false, text }, { status });
const starting = () => refusal("The server is starting. Try again in a moment.", 503);
export const controlFailure = () => refusal("The server failed to carry out the command. Its log says why.", 500);

/** The server went away, or its answer did, while a command relied on it. */
export class ServerGoneError extends Error {}

const post = (unix: string, path: string, body: unknown, signal?: AbortSignal) =>
  fetch(`http://confab${path}`, {
    unix,
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => {
    throw new ServerGoneError("The server that was running on this folder does not answer.", { cause: error });
  });

const replyOf = async (response: Response) => controlReply.parse(await response.json());

export const askForAccount = async (socket: string, command: AccountCommand): Promise<AccountReply> =>
  accountReply.parse(await (await post(socket, PATHS.accounts, command)).json());

export const askToReopen = async (socket: string) => replyOf(await post(socket, PATHS.reopen, {}));

/**
 * Does something while the server keeps its checkpoints back.
 * @throws ServerGoneError when the server did not do so to the end: what was done meanwhile counts for nothing
 */
export async function withCheckpointsHeld(socket: string, work: () => Promise<void>): Promise<void> {
  const ending = new AbortController();
  try {
    const response = await post(socket, PATHS.hold, {}, ending.signal);
    if (!response.ok || !response.body) throw new Error((await replyOf(response)).text);
    const reader = response.body.getReader();
    const first = await reader.read();
    const { id } = holdBody.parse(JSON.parse(new TextDecoder().decode(first.value)));
    // An answer that nobody reads is collected as garbage, and the connection goes with it.
    readToEnd(reader).catch(() => {});
    await work();
    const reply = await replyOf(await post(socket, PATHS.release, { id }));
    if (!reply.ok) throw new ServerGoneError(reply.text);
  } finally {
    ending.abort();
  }
}

async function readToEnd(reader: { read(): Promise<{ done: boolean }> }) {
  while (!(await reader.read()).done);
}
