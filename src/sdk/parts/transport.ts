import type { ServerFrame } from "../../protocol/frames.ts";
import type { Fetch, FetchResponse } from "../public/client.ts";
import type { OutFrame } from "./frames.ts";

/** The `meta` of an answer. Only lists have one. */
export interface Meta {
  total: number;
  /** Counts all conversations, also those that are not on the page. Servers of earlier releases don't send it. */
  unread?: { messages: number; marked?: number; mentions?: number };
  next_after: number | null;
  /** The ids of people who got a request. Missing when there are none. */
  requested?: number[];
}

export interface Page {
  limit?: number;
  offset?: number;
  archived?: string;
  kind?: string;
}

/** The part of a request's options that the client uses. */
export interface RequestInit {
  method: string;
  headers?: Record<string, string> | undefined;
  body?: unknown;
  signal?: unknown;
}

/** Calls the server's HTTP API. Outside browsers it also keeps the session's cookie. */
export interface Http {
  /** The session's token. In browsers always undefined: the browser keeps the cookie. */
  token: string | undefined;
  /** The headers that carry the session outside browsers. In a browser, undefined. */
  headers(): { Cookie: string } | undefined;
  /** The address of the server's HTTP API, with a slash at its end. */
  readonly base: string;
  /** The embedder has passed a `fetch`, which all requests use. */
  readonly ownFetch: Fetch | undefined;
  /** Sends one request to a path of the API, with the session. For modules of features. */
  fetch(path: string, init: RequestInit): Promise<FetchResponse>;
  /** @throws ConfabError with the server's code, or `offline` when the server can't be reached */
  /** Sends a Blob as it is, and any other body as JSON. */
  call(method: string, path: string, body?: object): Promise<{ data: unknown; meta: Meta }>;
  /** Reads one page of a list. `total` counts all that match. */
  page<T>(path: string, search?: string, page?: Page): Promise<Meta & { items: T[] }>;
}

/** The one WebSocket of the client. It reconnects by itself until `stop`. */
export interface Connection {
  /** The server has greeted this socket, so frames can be sent. */
  isGreeted(): boolean;
  start(): void;
  stop(): void;
  /** Reconnects now, unless the server asked to wait. Checks a socket that is open. */
  reconnectNow(): void;
  /** Closes the socket, and opens another one soon. */
  restart(): void;
  /** Sends a frame once. Nothing is sent without a connection, and a refusal is ignored. */
  sendOnce(frame: OutFrame): void;
  /** Sends a frame that needs no answer. Sends it again, a few times, when the server refuses it for now. */
  send(frame: OutFrame): void;
  /**
   * Sends a frame, again while the server can't handle it, and resolves with the answer.
   * @param tries how often to try. `throttled` does not count
   * @param isWanted asked before each try. When it returns false, the frame is not sent
   * @throws ConfabError when the server refuses the frame for good, ConnectionLost when the connection ends first
   */
  request(frame: OutFrame, tries?: number, isWanted?: () => boolean): Promise<ServerFrame | undefined>;
  /**
   * Repeats `work` while the server can't do it for now, as long as this connection lives.
   * @throws ConnectionLost when the connection ended meanwhile, even if an answer came
   */
  retryWhileConnected<T>(work: () => Promise<T>, tries?: number): Promise<T>;
}
