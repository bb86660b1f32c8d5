import { closeCodes } from "../../protocol/close-codes.ts";
import type { ServerFrame } from "../../protocol/frames.ts";
import { parse } from "../base/json.ts";
import { later } from "../base/platform.ts";
import type { Core } from "../parts/core.ts";
import type { OutFrame } from "../parts/frames.ts";
import type { Connection } from "../parts/transport.ts";
import type { Timing, WebSocketConstructor, WebSocketLike } from "../public/client.ts";
import { ConfabError } from "../public/errors.ts";
import {
  ADVICE_MAX_MS,
  ANSWER_WITHIN_MS,
  CHECK_EVERY_MS,
  FLOOD_WAIT_MS,
  GOOD_AFTER_MS,
  reconnectDelay,
  SLEPT_MS,
} from "./reconnect-policy.ts";
import { ConnectionLost, retry } from "./retry.ts";

/** A frame that waits for its answer. */
interface PendingRequest {
  resolve(frame?: ServerFrame): void;
  reject(error: Error): void;
  /** The answer must come by then. Infinity until the frame has gone out. */
  deadline: number;
  /** The server answers only if it refuses the frame. */
  isAnswerOptional: boolean;
}

/** How fast frames go out. The server allows 200 in 10 s, over all sockets of a user (docs/contract.md §6). */
const PACE = { burst: 60, everyMs: 100 };
/** How often a frame without an answer is sent while the server refuses it for now. */
const SEND_TRIES = 3;

type ConnectionCore = Pick<
  Core,
  "accepts" | "epoch" | "meVersion" | "http" | "session" | "setState" | "applyFrame" | "connectionLost" | "reportError"
>;

/** Opens the one WebSocket, checks it, reconnects, and sends all frames. */
export function createConnection(
  core: ConnectionCore,
  timing: Timing,
  url: string,
  WebSocket: WebSocketConstructor,
): Connection {
  let socket: WebSocketLike | undefined;
  let isGreeted = false;
  let isRunning = false;
  /** Goes up whenever a connection is greeted or dropped. */
  let generation = 0;
  let attempts = 0;
  /** The server's `reconnect_after_ms`. */
  let advice: number | undefined;
  let reconnectTimer: ReturnType<typeof setTimeout> | undefined;
  /** The server wants no connection before. */
  let notBefore = 0;
  let checkTimer: ReturnType<typeof setInterval> | undefined;
  /** The server must send something by then. */
  let deadline = Infinity;
  let receivedAt = 0;
  let greetedAt = 0;
  let checkedAt = 0;
  /**
   * The deadline was put off because the machine had slept. Once only: in a background page timers hardly run, so it seems
   * to sleep all the time.
   */
  let isPutOff = false;
  /** When the next frame may go out. The clock may have begun just now, so it starts in the past. */
  let nextSendAt = -Infinity;
  let refs = 0;
  const pending = new Map<string, PendingRequest>();

  function openSocket() {
    dropSocket();
    core.setState("connecting");
    const headers = core.http.headers();
    const { accepts, epoch, meVersion } = core;
    const resume = meVersion === undefined || !epoch ? "" : `&after_me_version=${meVersion}&epoch=${epoch}`;
    let own: WebSocketLike;
    try {
      own = new WebSocket(`${url}?accepts=${accepts}${resume}`, headers && { headers });
    } catch (error) {
      core.reportError(error);
      return scheduleReconnect(nextDelay(), String(error));
    }
    socket = own;
    deadline = performance.now() + timing.connectWithin;
    checkedAt = Date.now();
    checkTimer = setInterval(checkConnection, Math.min(CHECK_EVERY_MS, timing.answerWithin));
    own.onmessage = ({ data }: { data: unknown }) => socket === own && receive(data);
    own.onclose = ({ code, reason }: { code: number; reason: unknown }) => {
      if (socket === own) handleClose(String(reason || `Closed with ${code}`), code);
    };
    // The package `ws` throws errors that have no listener. `onclose` follows and handles them.
    own.onerror = () => {};
  }

  function receive(data: unknown) {
    receivedAt = performance.now();
    isPutOff = false;
    if (isGreeted) deadline = Infinity;
    const frame = parse<ServerFrame>(data);
    // Ignore anything that is not a frame.
    if (typeof frame?.type !== "string") return;
    try {
      if (frame.type === "connection_established") {
        isGreeted = true;
        generation++;
        greetedAt = receivedAt;
        advice = frame.reconnect_after_ms;
        deadline = Infinity;
      } else settleRequest(frame);
      core.applyFrame(frame);
    } catch (error) {
      core.reportError(error);
    }
  }

  /** Gives an answer to its request. `applyFrame` gets it too, in the same turn. */
  function settleRequest(frame: ServerFrame) {
    const ref = "ref" in frame ? (frame.ref ?? "") : "";
    const request = pending.get(ref);
    pending.delete(ref);
    if (frame.type === "error") request?.reject(new ConfabError(frame.code, frame.message, frame.retry_after));
    else request?.resolve(frame);
  }

  function transmit(frame: OutFrame) {
    try {
      socket?.send(JSON.stringify(frame));
    } catch {
      // The socket is closing. Pending requests are rejected when it has closed.
    }
  }

  function sendRequest(frame: OutFrame, isAnswerOptional = false): Promise<ServerFrame | undefined> {
    return new Promise((resolve, reject) => {
      if (!isGreeted) return reject(new ConnectionLost());
      const ref = String(++refs);
      const now = performance.now();
      const request = { resolve, reject, isAnswerOptional, deadline: Infinity };
      pending.set(ref, request);
      const send = () => {
        if (!pending.has(ref)) return;
        request.deadline = performance.now() + ANSWER_WITHIN_MS;
        transmit({ ...frame, ref });
      };
      // The server counts messages apart, and says when they are too many.
      if (frame.type === "message") return send();
      nextSendAt = Math.max(nextSendAt + PACE.everyMs, now - PACE.burst * PACE.everyMs);
      if (nextSendAt > now) later(send, nextSendAt - now);
      else send();
    });
  }

  function retryWhileConnected<T>(work: () => Promise<T>, tries?: number): Promise<T> {
    const started = generation;
    return retry(work, () => generation === started, tries);
  }

  /** Gives up a connection that is silent for too long, and pings one that is silent for a while. */
  function checkConnection() {
    const now = performance.now();
    // After the machine has slept, the deadline says nothing.
    const hasSlept = Math.abs(Date.now() - checkedAt) > SLEPT_MS;
    checkedAt = Date.now();
    if (isGreeted && hasSlept && !isPutOff) {
      isPutOff = true;
      deadline = Infinity;
    }
    if (now >= deadline) return handleClose(isGreeted ? "The connection is dead" : "The server does not answer");
    if (hasSlept || now - receivedAt >= timing.pingAfter) ping();
    for (const [ref, request] of pending) {
      if (now < request.deadline) continue;
      if (!request.isAnswerOptional) return handleClose("The server does not answer");
      pending.delete(ref);
      request.resolve();
    }
  }

  /** The server must answer within `answerWithin`. */
  function ping() {
    if (!isGreeted || deadline !== Infinity) return;
    deadline = performance.now() + timing.answerWithin;
    transmit({ type: "ping" });
  }

  /** Leaves the socket, and rejects all pending requests. */
  function dropSocket() {
    const old = socket;
    clearTimeout(reconnectTimer);
    clearInterval(checkTimer);
    reconnectTimer = socket = undefined;
    isGreeted = false;
    generation++;
    for (const { reject } of pending.values()) reject(new ConnectionLost());
    pending.clear();
    if (!old) return;
    old.onmessage = old.onclose = null;
    try {
      old.close();
    } catch {
      // Some platforms throw when the socket is not open yet.
    }
    core.connectionLost();
  }

  /** @param code undefined: the client gives the connection up, and does not wait for its close */
  function handleClose(reason: string, code?: number) {
    const wasGreeted = isGreeted;
    if (wasGreeted && performance.now() - greetedAt > GOOD_AFTER_MS) attempts = 0;
    dropSocket();
    if (code === closeCodes.sessionEnded) core.session.sessionEnded();
    else if (code === closeCodes.protocolAbuse) {
      isRunning = false;
      core.setState("stopped", reason);
    } else if (code === closeCodes.restarting)
      scheduleReconnect(parse<Advice>(reason)?.reconnect_after_ms ?? nextDelay(), "The server restarts", true);
    else if (code === closeCodes.flooding) scheduleReconnect(FLOOD_WAIT_MS + nextDelay(), reason, true);
    else if (code === undefined || wasGreeted) scheduleReconnect(nextDelay(), reason);
    else void handleRefusal(reason);
  }

  /** The socket did not open. Browsers don't say why, so this asks over HTTP whether the session has ended. */
  async function handleRefusal(reason: string) {
    core.setState("offline", reason);
    const started = generation;
    const ms = await core.session.loadMe();
    // Another attempt has begun meanwhile.
    if (generation !== started) return;
    if (ms === undefined) core.session.sessionEnded();
    else scheduleReconnect(Math.max(ms, nextDelay()), reason, ms > 0);
  }

  const nextDelay = () => reconnectDelay(attempts++, advice || timing.backoff, timing.backoffMax);

  /** @param isAdvised the server asked for this wait, so `reconnectNow` does not shorten it */
  function scheduleReconnect(wait: number, reason: string, isAdvised = false) {
    // A wrong number of the server must not become a storm of reconnects.
    const ms = Math.min(wait >= 0 ? wait : timing.backoff, ADVICE_MAX_MS);
    if (isAdvised) notBefore = performance.now() + ms;
    reconnectTimer = setTimeout(openSocket, ms);
    core.setState("offline", reason, Date.now() + ms);
  }

  return {
    isGreeted: () => isGreeted,
    start() {
      if (isRunning) return;
      isRunning = true;
      attempts = 0;
      openSocket();
    },
    stop() {
      isRunning = false;
      dropSocket();
    },
    reconnectNow() {
      ping();
      if (reconnectTimer === undefined || performance.now() < notBefore) return;
      attempts = 0;
      openSocket();
    },
    restart() {
      if (isGreeted) handleClose("Restarted");
    },
    sendOnce(frame) {
      if (isGreeted) transmit(frame);
    },
    send: (frame) => void retryWhileConnected(() => sendRequest(frame, true), SEND_TRIES).catch(() => {}),
    request: (frame, tries, isWanted = () => true) =>
      retryWhileConnected(async () => {
        if (!isWanted()) throw new ConnectionLost();
        return sendRequest(frame);
      }, tries),
    retryWhileConnected,
  };
}

/** The JSON in the reason of close code 1012. */
interface Advice {
  reconnect_after_ms: number;
}
