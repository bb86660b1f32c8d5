import { closeCodes } from "../../protocol/close-codes.ts";
import type { ServerFrame } from "../../protocol/frames.ts";
import { parse } from "../base/json.ts";
import { later } from "../base/platform.ts";
import type { Core } from "../parts.ts";
import type { Timing, WebSocketConstructor, WebSocketLike } from "../public/client.ts";
import { ConfabError } from "../public/errors.ts";
import { Cut, jitter, persist, WAIT_MOST_MS } from "./retry.ts";

/** What is sent: any frame; `ref` is given to it here. */
export type OutFrame = { type: string; conversation_id?: string } & Record<string, unknown>;

interface Waiting {
  resolve(frame?: ServerFrame): void;
  reject(error: Error): void;
  /** Nothing is waited for before it has gone out. */
  until: number;
  isQuiet: boolean;
}

/** No answer at all within this, though the connection lives. */
const ANSWER_MS = 30_000;
/** The server allows 200 frames in 10 s, over all sockets of a person. */
const PACE = { burst: 60, everyMs: 100 };
/** A connection that held for so long was a good one: the next waits are short again. */
const GOOD_AFTER_MS = 5_000;
const FLOOD_WAIT_MS = 10_000;
const TELL_TRIES = 3;
const TICK_MS = 1_000;
/** So far off, the clock of the wall shows that the machine has slept. */
const SLEPT_MS = 10_000;

export type Connection = ReturnType<typeof createConnection>;

/** The one socket: opened, watched over and opened again; and the road of all that is sent on it. */
export function createConnection(core: Core, timing: Timing, url: string, WebSocket: WebSocketConstructor) {
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
  let deadline = Infinity;
  let heardAt = 0;
  let greetedAt = 0;
  let tickedAt = 0;
  /** As the machine had slept; but once only: a page in the background, whose timers hardly run, seems to sleep all the time. */
  let isAskedAgain = false;
  /** When the next frame may go out, for an even pace. The clock may have begun just now. */
  let dueAt = -Infinity;
  let refs = 0;
  const waiting = new Map<string, Waiting>();

  function open() {
    abandon();
    core.setState("connecting");
    const headers = core.http.headers();
    let own: WebSocketLike;
    try {
      own = new WebSocket(url, headers && { headers });
    } catch (error) {
      core.onError(error);
      return wait(backoff(), String(error));
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
    isAskedAgain = false;
    if (isGreeted) deadline = Infinity;
    const frame = parse<ServerFrame>(data);
    // What can't be understood is not for us.
    if (typeof frame?.type !== "string") return;
    try {
      if (frame.type === "connection_established") {
        isGreeted = true;
        epoch++;
        greetedAt = heardAt;
        advice = frame.reconnect_after_ms;
        deadline = Infinity;
      } else answer(frame);
      core.take(frame);
    } catch (error) {
      core.onError(error);
    }
  }

  /** What asked for it gets it; who takes frames as they come gets it too, in this very turn. */
  function answer(frame: ServerFrame) {
    const ref = "ref" in frame ? (frame.ref ?? "") : "";
    const asked = waiting.get(ref);
    waiting.delete(ref);
    if (frame.type === "error") asked?.reject(new ConfabError(frame.code, frame.message, frame.retry_after));
    else asked?.resolve(frame);
  }

  function transmit(frame: OutFrame) {
    try {
      socket?.send(JSON.stringify(frame));
    } catch {
      // It is closing: what waits for answers is told so when it has closed.
    }
  }

  function request(frame: OutFrame, isQuiet = false): Promise<ServerFrame | undefined> {
    return new Promise((resolve, reject) => {
      if (!isGreeted) return reject(new Cut());
      const ref = String(++refs);
      const now = performance.now();
      const asked = { resolve, reject, isQuiet, until: Infinity };
      waiting.set(ref, asked);
      const send = () => {
        if (!waiting.has(ref)) return;
        asked.until = performance.now() + ANSWER_MS;
        transmit({ ...frame, ref });
      };
      // The server counts messages apart, and says when they are too many.
      if (frame.type === "message") return send();
      dueAt = Math.max(dueAt + PACE.everyMs, now - PACE.burst * PACE.everyMs);
      if (dueAt > now) later(send, dueAt - now);
      else send();
    });
  }

  /** While the connection holds. */
  function persistHere<T>(work: () => Promise<T>, tries?: number): Promise<T> {
    const started = epoch;
    return persist(work, () => epoch === started, tries);
  }

  function tick() {
    const now = performance.now();
    // The machine slept: whatever was known of the connection is old.
    const slept = Math.abs(Date.now() - tickedAt) > SLEPT_MS;
    tickedAt = Date.now();
    if (isGreeted && slept && !isAskedAgain) {
      isAskedAgain = true;
      deadline = Infinity;
    }
    if (now >= deadline) return ended(isGreeted ? "The connection is dead" : "The server does not answer");
    if (slept || now - heardAt >= timing.pingAfter) probe();
    for (const [ref, asked] of waiting) {
      if (now < asked.until) continue;
      // Silence to one frame on a living connection: start afresh, so that nothing waits for ever.
      if (!asked.isQuiet) return ended("The server does not answer");
      waiting.delete(ref);
      asked.resolve();
    }
  }

  /** Whether it is dead is found out within `answerWithin`. */
  function probe() {
    if (!isGreeted || deadline !== Infinity) return;
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
    for (const { reject } of waiting.values()) reject(new Cut());
    waiting.clear();
    if (!old) return;
    old.onmessage = old.onclose = null;
    try {
      old.close();
    } catch {
      // It was not open yet, and some platforms mind.
    }
    core.down();
  }

  /** It was closed, or is given up: then there is no code, and it is not waited for. */
  function ended(why: string, code?: number) {
    const wasGreeted = isGreeted;
    if (wasGreeted && performance.now() - greetedAt > GOOD_AFTER_MS) attempts = 0;
    abandon();
    if (code === closeCodes.sessionEnded) core.session.end();
    else if (code === closeCodes.protocolAbuse) {
      isRunning = false;
      core.setState("stopped", why);
    } else if (code === closeCodes.restarting)
      wait(parse<Advice>(why)?.reconnect_after_ms ?? backoff(), "The server restarts", true);
    else if (code === closeCodes.flooding) wait(FLOOD_WAIT_MS + backoff(), why, true);
    else if (code === undefined || wasGreeted) wait(backoff(), why);
    else void refused(why);
  }

  /** Before it opened, which browsers don't explain: HTTP is asked. */
  async function refused(why: string) {
    core.setState("offline", why);
    const started = epoch;
    const ms = await core.session.whoAmI();
    // Somebody may have been quicker.
    if (epoch !== started) return;
    if (ms === undefined) core.session.end();
    else wait(Math.max(ms, backoff()), why, ms > 0);
  }

  const backoff = () => jitter(Math.min((advice || timing.backoff) * 2 ** attempts++, timing.backoffMax));

  /** Within bounds: no fault of a server's may become a storm. */
  function wait(asked: number, reason: string, isAdvised = false) {
    const ms = Math.min(asked >= 0 ? asked : timing.backoff, WAIT_MOST_MS);
    if (isAdvised) advisedAt = performance.now() + ms;
    retry = setTimeout(open, ms);
    core.setState("offline", reason, Date.now() + ms);
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
    persist: persistHere,
    /**
     * Sends a frame, and again while the server can't do it; resolves with its answer.
     * @param tries when the server can't do it right now; being too fast does not count
     * @param isWanted whether it is still to be sent, when it is tried again
     * @throws ConfabError when it is refused for good, Cut when the connection ends first
     */
    ask: (frame: OutFrame, tries?: number, isWanted = () => true) =>
      persistHere(async () => {
        if (!isWanted()) throw new Cut();
        return request(frame);
      }, tries),
    /** Sends a frame that is answered when it is refused, if at all. */
    tell: (frame: OutFrame) => void persistHere(() => request(frame, true), TELL_TRIES).catch(() => {}),
  };
}

/** In the reason of a close. */
interface Advice {
  reconnect_after_ms: number;
}
