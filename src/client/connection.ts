import { closeCodes } from "../protocol/close-codes.ts";
import type { ServerFrame } from "../protocol/frames.ts";
import type { ClientState, Timing, WebSocketConstructor, WebSocketLike } from "./api.ts";
import { ConfabError } from "./errors.ts";

/** What is sent: any frame; `ref` is given to it here. */
export type OutFrame = { type: string; conversation_id?: string } & Record<string, unknown>;

/** The connection ended before the answer came: whether it was done is not known. */
export class Cut extends Error {}

interface ConnectionOptions {
  timing: Timing;
  url: string;
  WebSocket: WebSocketConstructor;
  /** Cookie and such; `undefined` in browsers. */
  headers(): Record<string, string> | undefined;
  onFrame(frame: ServerFrame): void;
  /** It is `online` when the greeting came, which is a frame. */
  onState(state: Exclude<ClientState, "online">, reason?: string, retryAt?: number): void;
  /** The socket is gone; what happens next is told by `onState`. */
  onDown(): void;
  /**
   * The socket was refused before it opened, which browsers don't explain. Asks by HTTP; resolves with the ms to wait at
   * least, or `signed-out`.
   */
  explain(): Promise<number | "signed-out">;
  onError(error: unknown): void;
}

interface Waiting {
  resolve(frame?: ServerFrame): void;
  reject(error: Error): void;
  /** Nothing is waited for before it has gone out. */
  until: number;
  isQuiet: boolean;
}

/** The server did nothing, or it is not known what it did: to be asked again, the same. */
const TRY_AGAIN = /^(throttled|unavailable|internal_error|draining|starting|offline|authentication_required)$/;
const AGAIN_MS = { first: 500, most: 15_000 };
/** No answer at all within this, though the connection lives. */
const ANSWER_MS = 30_000;
/** The server allows 200 frames in 10 s, over all sockets of a person. */
const PACE = { burst: 60, everyMs: 100 };
/** A connection that held for so long was a good one: the next waits are short again. */
const GOOD_AFTER_MS = 5_000;
const FLOOD_WAIT_MS = 10_000;
const WAIT_MOST_MS = 600_000;
const TICK_MS = 1_000;
/** So far off, the clock of the wall shows that the machine has slept. */
const SLEPT_MS = 10_000;

export type Connection = ReturnType<typeof createConnection>;

/** The one socket: opened, watched over and opened again; and the road of all that is sent on it. */
export function createConnection({ timing, url, WebSocket, ...on }: ConnectionOptions) {
  let socket: WebSocketLike | undefined;
  let isGreeted = false;
  let isRunning = false;
  /** Moves when a connection comes or goes. */
  let epoch = 0;
  let attempts = 0;
  let advice: number | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  /** The server wants to see nobody before. */
  let advisedAt = 0;
  let ticker: ReturnType<typeof setInterval> | undefined;
  /** Something must be heard by then. */
  let deadline = Number.POSITIVE_INFINITY;
  let heardAt = 0;
  let greetedAt = 0;
  let tickedAt = 0;
  /** When the next frame may go out, for an even pace. */
  let dueAt = 0;
  let refs = 0;
  const waiting = new Map<string, Waiting>();

  function open() {
    abandon();
    on.onState("connecting");
    const headers = on.headers();
    let own: WebSocketLike;
    try {
      own = headers ? new WebSocket(url, { headers }) : new WebSocket(url);
    } catch (error) {
      on.onError(error);
      return wait(backoff(), "The socket could not be opened");
    }
    socket = own;
    deadline = performance.now() + timing.connectWithin;
    tickedAt = Date.now();
    ticker = setInterval(tick, Math.min(TICK_MS, timing.answerWithin));
    own.onmessage = ({ data }: { data: unknown }) => socket === own && receive(data);
    own.onclose = ({ code, reason }: { code: number; reason: unknown }) => {
      if (socket === own) ended(String(reason || `Closed with ${code}`), code);
    };
    // The package `ws` throws what nobody listens to.
    own.onerror = () => {};
  }

  function receive(data: unknown) {
    heardAt = performance.now();
    if (isGreeted) deadline = Number.POSITIVE_INFINITY;
    const frame = parse(data);
    // What can't be understood is not for us.
    if (typeof frame?.type !== "string") return;
    try {
      if (frame.type === "connection_established") {
        isGreeted = true;
        epoch++;
        greetedAt = heardAt;
        advice = frame.reconnect_after_ms > 0 ? frame.reconnect_after_ms : undefined;
        deadline = Number.POSITIVE_INFINITY;
      } else answer(frame);
      on.onFrame(frame);
    } catch (error) {
      on.onError(error);
    }
  }

  /** What asked for it gets it; who takes frames as they come gets it too, in this very turn. */
  function answer(frame: ServerFrame) {
    const ref = "ref" in frame ? (frame.ref ?? "") : "";
    const asked = waiting.get(ref);
    waiting.delete(ref);
    if (frame.type === "error")
      asked?.reject(new ConfabError(frame.code, frame.message, { retryAfter: frame.retry_after }));
    else asked?.resolve(frame);
  }

  function transmit(frame: OutFrame) {
    try {
      socket?.send(JSON.stringify(frame));
    } catch {
      // It is closing: what waits for answers is told so when it has closed.
    }
  }

  function request(frame: OutFrame, isQuiet: boolean): Promise<ServerFrame | undefined> {
    return new Promise((resolve, reject) => {
      if (!isGreeted) return reject(new Cut());
      const ref = String(++refs);
      const now = performance.now();
      const asked = { resolve, reject, isQuiet, until: Number.POSITIVE_INFINITY };
      waiting.set(ref, asked);
      const send = () => {
        if (!waiting.has(ref)) return;
        asked.until = performance.now() + ANSWER_MS;
        transmit({ ...frame, ref });
      };
      // The server counts messages apart, and says when they are too many.
      if (frame.type === "message") return send();
      dueAt = Math.max(dueAt + PACE.everyMs, now - PACE.burst * PACE.everyMs);
      if (dueAt > now) setTimeout(send, dueAt - now);
      else send();
    });
  }

  /** Repeats what can't be done right now, while the connection holds; being too fast does not count as a try. */
  async function persist<T>(work: () => Promise<T>, tries = Number.POSITIVE_INFINITY): Promise<T> {
    const started = epoch;
    for (let failures = 0; ; )
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ConfabError && TRY_AGAIN.test(error.code))) throw error;
        if (error.code !== "throttled" && ++failures >= tries) throw error;
        const most = Math.min(AGAIN_MS.first * 2 ** failures, AGAIN_MS.most);
        const advised = Math.min((error.retryAfter ?? 0) * 1000, WAIT_MOST_MS);
        await sleep(advised > 0 ? advised : most * (0.5 + Math.random() / 2));
        // The next connection asks anew for what is still needed.
        if (epoch !== started) throw new Cut();
      }
  }

  function tick() {
    const now = performance.now();
    // The machine slept: whatever was known of the connection is old.
    const slept = Math.abs(Date.now() - tickedAt) > SLEPT_MS;
    tickedAt = Date.now();
    if (isGreeted && slept) deadline = Number.POSITIVE_INFINITY;
    if (now >= deadline) return ended(isGreeted ? "The connection is dead" : "The server does not answer");
    if (slept || now - heardAt >= timing.pingAfter) probe();
    for (const [ref, { resolve, until, isQuiet }] of waiting) {
      if (now < until) continue;
      // Silence to one frame on a living connection: start afresh, so that nothing waits for ever.
      if (!isQuiet) return ended("No answer");
      waiting.delete(ref);
      resolve();
    }
  }

  /** Whether it is dead is found out within `answerWithin`. */
  function probe() {
    if (!isGreeted || deadline !== Number.POSITIVE_INFINITY) return;
    deadline = performance.now() + timing.answerWithin;
    transmit({ type: "ping" });
  }

  /** Leaves the socket there is; what waits for answers won't get any. */
  function abandon() {
    const old = socket;
    clearTimeout(retry);
    clearInterval(ticker);
    retry = socket = undefined;
    isGreeted = false;
    epoch++;
    deadline = Number.POSITIVE_INFINITY;
    for (const { reject } of waiting.values()) reject(new Cut());
    waiting.clear();
    if (!old) return;
    old.onmessage = old.onclose = null;
    try {
      old.close();
    } catch {
      // It was not open yet, and some platforms mind.
    }
    on.onDown();
  }

  /** It was closed, or is given up: then there is no code, and it is not waited for. */
  function ended(why: string, code?: number) {
    const wasGreeted = isGreeted;
    if (wasGreeted && performance.now() - greetedAt > GOOD_AFTER_MS) attempts = 0;
    abandon();
    if (code === closeCodes.sessionEnded) halt("signed-out");
    else if (code === closeCodes.protocolAbuse) halt("stopped", why);
    else if (code === closeCodes.restarting) wait(adviceIn(why) ?? backoff(), "The server restarts", true);
    else if (code === closeCodes.flooding) wait(FLOOD_WAIT_MS + backoff(), why, true);
    else if (code === undefined || wasGreeted) wait(backoff(), why);
    else void refused(why);
  }

  async function refused(why: string) {
    on.onState("offline", why);
    const started = epoch;
    const ms = await on.explain();
    // Somebody may have been quicker.
    if (epoch !== started) return;
    if (ms === "signed-out") halt(ms);
    else wait(Math.max(ms, backoff()), why, ms > 0);
  }

  function halt(state: "signed-out" | "stopped", reason?: string) {
    isRunning = false;
    on.onState(state, reason);
  }

  /** Full jitter: as far apart as can be, so that a server that comes back is not stormed. */
  const backoff = () => Math.random() * Math.min((advice ?? timing.backoff) * 2 ** attempts++, timing.backoffMax);

  /** What a server advises is believed within bounds: its fault must not become a storm, nor a silence for ever. */
  function wait(asked: number, reason: string, isAdvised = false) {
    const ms = Math.min(asked >= 0 ? asked : timing.backoff, WAIT_MOST_MS);
    if (isAdvised) advisedAt = performance.now() + ms;
    retry = setTimeout(open, ms);
    on.onState("offline", reason, Date.now() + ms);
  }

  return {
    isGreeted: () => isGreeted,
    start() {
      if (isRunning) return;
      isRunning = true;
      attempts = 0;
      open();
    },
    stop() {
      isRunning = false;
      abandon();
    },
    /** Does not wait any longer than the server wants; a connection that is up is asked whether it lives. */
    kick() {
      probe();
      if (retry === undefined || performance.now() < advisedAt) return;
      attempts = 0;
      open();
    },
    /** Leaves the connection there is, and makes another one soon. */
    restart() {
      if (isGreeted) ended("Restarted");
    },
    /** Sends a frame to which no answer is needed. */
    post(frame: OutFrame) {
      if (isGreeted) transmit(frame);
    },
    persist,
    /**
     * Sends a frame, and again while the server can't do it; resolves with its answer.
     * @param tries when the server can't do it right now; being too fast does not count
     * @param isQuiet it is answered only when it is refused: resolves when that has not happened for a while
     * @param isWanted whether it is still to be sent, when it is tried again
     * @throws ConfabError when it is refused for good, Cut when the connection ends first
     */
    ask(frame: OutFrame, { tries, isQuiet = false, isWanted = () => true }: AskOptions = {}) {
      return persist(() => (isWanted() ? request(frame, isQuiet) : Promise.reject(new Cut())), tries);
    },
  };
}

interface AskOptions {
  tries?: number;
  isQuiet?: boolean;
  isWanted?: () => boolean;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function parse(data: unknown): ServerFrame | undefined {
  try {
    return JSON.parse(String(data));
  } catch {
    return undefined;
  }
}

function adviceIn(reason: string): number | undefined {
  try {
    const { reconnect_after_ms: ms } = JSON.parse(reason);
    return ms >= 0 ? ms : undefined;
  } catch {
    return undefined;
  }
}
