import { lookup } from "node:dns/promises";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { type Allowed, allowsAddress, allowsHost, isPublic } from "./addresses.ts";
import { bodyOf, ENCODINGS, type OutsideAnswer } from "./answer.ts";
import { OutsideError } from "./error.ts";
import { hostOf, type OutsideBody, send } from "./hop.ts";

const REDIRECTS = [301, 302, 303, 307, 308];
const REDIRECTS_MAX = 4;
/** Of a host with more addresses, only the first ones are tried. */
const ADDRESSES_MAX = 4;
/** Ports below this are those of other protocols, such as mail, that a request could be mistaken for. */
const FREE_PORTS = 1024;

export interface OutsideRequest {
  method?: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** Sent to the host of the URL only, and not to those of redirects. */
  headers?: Record<string, string>;
  body?: OutsideBody;
  /** The most bytes of the answer, packed and unpacked. */
  maxBytes: number;
  /** For everything: the name, the connection, redirects and the body. */
  timeoutMs: number;
  signal?: AbortSignal;
  /** Redirects that are followed: at most 4 for GET and HEAD, and none for others. */
  redirects?: number;
  /** The operator named this URL in a setting, so its host may be in their own network. */
  isOperators?: boolean;
}

/** @throws OutsideError */
export type FetchOutside = (url: string, request: OutsideRequest) => Promise<OutsideAnswer>;

export interface OutsideOptions {
  allowed: Allowed;
  /** Finds the addresses of a host name. */
  resolve?: (host: string) => Promise<string[]>;
  /** Certificate authorities in place of the usual ones, as PEM. */
  ca?: string;
}

const resolveBySystem = async (host: string) =>
  (await lookup(host, { all: true, order: "verbatim" })).map(({ address }) => address);

/**
 * Makes the only function by which Confab calls addresses that people name. People could name addresses of the operator's own
 * network, to reach through Confab what they can't reach themselves. So a name is resolved once, each address is checked,
 * and the connection goes to that very address. The same holds for each redirect. Proxies of the environment are not used:
 * they would resolve the name again.
 */
export function outside({ allowed, resolve = resolveBySystem, ca }: OutsideOptions): FetchOutside {
  return async (text, request) => {
    const { timeoutMs, maxBytes, method = "GET", redirects = REDIRECTS_MAX } = request;
    const { signal, close } = deadline(timeoutMs, request.signal);
    try {
      let url = urlOf(text, allowed, request.isOperators);
      const { origin } = url;
      for (let left = method === "GET" || method === "HEAD" ? redirects : 0; ; left--) {
        const isFirst = url.origin === origin;
        const addresses = await orAborted(addressesOf(url, allowed, resolve, isFirst && request.isOperators), signal);
        const own = isFirst ? request.headers : {};
        const headers = { "user-agent": "Confab", accept: "*/*", "accept-encoding": ENCODINGS, ...own };
        const at = url;
        const message = await sendToAny(addresses, (address) =>
          send({ url: at, address, method, headers, body: request.body, signal, ca }),
        );
        const target = REDIRECTS.includes(message.statusCode ?? 0) ? message.headers.location : undefined;
        if (target === undefined) return answerOf(message, url, maxBytes, signal, close);
        message.destroy();
        if (left <= 0) throw new OutsideError("too_many_redirects", `${url.host} redirects once more`);
        const next = URL.parse(target, url.href);
        if (!next) throw new OutsideError("bad_answer", `${url.host} redirects to no address`);
        url = urlOf(next.href, allowed);
      }
    } catch (error) {
      close();
      throw error;
    }
  };
}

function answerOf(message: IncomingMessage, url: URL, maxBytes: number, signal: AbortSignal, close: () => void) {
  const end = () => {
    message.destroy();
    close();
  };
  const body = bodyOf(message, maxBytes, signal, end);
  return {
    status: message.statusCode ?? 0,
    url: url.href,
    headers: message.headers,
    body,
    bytes: () => Array.fromAsync(body).then((chunks) => Buffer.concat(chunks)),
    close: end,
  };
}

function urlOf(text: string, allowed: Allowed, isOperators = false): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) throw new OutsideError("bad_address", "only http and https are called");
  if (url.username || url.password) throw new OutsideError("bad_address", "an address with a user name is not called");
  const isUsual = url.port === "" || url.port === "80" || url.port === "443" || Number(url.port) >= FREE_PORTS;
  if (!isUsual && !isOperators && !allowsHost(allowed, hostOf(url)))
    throw new OutsideError("bad_address", `the port ${url.port} is not called`);
  return url;
}

/** The addresses of the URL's host that may be called. Their order is that of the resolver. */
async function addressesOf(
  url: URL,
  allowed: Allowed,
  resolve: (host: string) => Promise<string[]>,
  isOperators = false,
): Promise<string[]> {
  const host = hostOf(url);
  const found = isIP(host)
    ? [host]
    : await resolve(host).catch((error: unknown) => {
        throw new OutsideError("unknown_host", `${host} has no address`, error);
      });
  const mayBePrivate = isOperators || allowsHost(allowed, host);
  const addresses = found.filter((one) => isIP(one) && (mayBePrivate || isPublic(one) || allowsAddress(allowed, one)));
  if (addresses.length > 0) return addresses.slice(0, ADDRESSES_MAX);
  if (found.length === 0) throw new OutsideError("unknown_host", `${host} has no address`);
  throw new OutsideError("private_address", `${host} is in a private network (the setting ALLOW_PRIVATE allows it)`);
}

/** Tries one address after the other, while none can be reached. */
async function sendToAny(addresses: readonly string[], send: (address: string) => Promise<IncomingMessage>) {
  let last: unknown;
  for (const address of addresses)
    try {
      return await send(address);
    } catch (error) {
      last = error;
      if (!(error instanceof OutsideError && error.fault === "unreachable")) throw error;
    }
  throw last;
}

/** A signal that aborts after a time, or with the caller's. */
function deadline(timeoutMs: number, outer: AbortSignal | undefined) {
  const controller = new AbortController();
  const abort = () => controller.abort(new OutsideError("aborted", "the call was given up"));
  const timer = setTimeout(() => {
    controller.abort(new OutsideError("timeout", `no answer within ${timeoutMs} ms`));
  }, timeoutMs);
  if (outer?.aborted) abort();
  else outer?.addEventListener("abort", abort, { once: true });
  const close = () => {
    clearTimeout(timer);
    outer?.removeEventListener("abort", abort);
  };
  return { signal: controller.signal, close };
}

/** A name server that does not answer can't be stopped. Its answer is ignored then. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
