import { later } from "../base/platform.ts";
import type { Http } from "../parts/transport.ts";
import { ConfabError } from "../public/errors.ts";
import type { FileSource } from "../public/uploads.ts";

// The part of XMLHttpRequest that the client uses: only it tells how many bytes of a body have left. Declared here, so that no
// platform's types are needed.
type Handler<Event> = ((this: never, event: never) => unknown) | ((event: Event) => void) | null;
interface Request {
  withCredentials: boolean;
  readonly status: number;
  readonly responseText: string;
  readonly upload: { onprogress: Handler<{ loaded: number }> };
  onloadend: Handler<unknown>;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getResponseHeader(name: string): string | null;
  send(body?: unknown): void;
  abort(): void;
}
interface Browser {
  XMLHttpRequest?: new () => Request;
  navigator?: unknown;
}

export interface Transfer {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: FileSource | undefined;
  signal: AbortSignal;
  /** Called with the number of bytes that have left, where the platform tells. */
  onProgress?: (sent: number) => void;
}

export interface Answer {
  status: number;
  header(name: string): string | null;
  body: unknown;
}

/** A request is given up when nothing has moved for this long, or, where the platform does not tell, after this long. */
const SILENT_MS = 30_000;
const WHOLE_MS = 120_000;

/**
 * Sends one request of an upload.
 * @throws ConfabError `offline` when no answer comes, `canceled` when the signal aborts
 */
export function transfer(http: Http, request: Transfer): Promise<Answer> {
  const { XMLHttpRequest }: Browser = globalThis;
  return XMLHttpRequest && !http.ownFetch ? byRequest(http, request, new XMLHttpRequest()) : byFetch(http, request);
}

const unreachable = (signal: AbortSignal) =>
  signal.aborted
    ? new ConfabError("canceled", "It was canceled")
    : new ConfabError("offline", "The server can't be reached");

async function byFetch(http: Http, { path, signal, onProgress: _, ...init }: Transfer): Promise<Answer> {
  const over = new AbortController();
  const abort = () => over.abort();
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  const timer = later(abort, WHOLE_MS);
  try {
    const response = await http.fetch(path, { ...init, signal: over.signal });
    const body = await response.json().catch(() => undefined);
    return { status: response.status, header: (name) => response.headers.get(name), body };
  } catch {
    throw unreachable(signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

function byRequest(http: Http, { method, path, headers, body, signal, onProgress }: Transfer, request: Request) {
  return new Promise<Answer>((resolve, reject) => {
    const abort = () => request.abort();
    let timer = later(abort, SILENT_MS);
    const alive = () => {
      clearTimeout(timer);
      timer = later(abort, SILENT_MS);
    };
    request.open(method, http.base + path);
    request.withCredentials = true;
    for (const [name, value] of Object.entries({ ...http.headers(), ...headers }))
      request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }: { loaded: number }) => {
      alive();
      onProgress?.(loaded);
    };
    request.onloadend = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      // After a failure of the network or an abort there is no status.
      if (request.status === 0) return reject(unreachable(signal));
      resolve({
        status: request.status,
        header: (name) => request.getResponseHeader(name),
        body: parsed(request.responseText),
      });
    };
    signal.addEventListener("abort", abort);
    request.send(body);
    if (signal.aborted) abort();
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
