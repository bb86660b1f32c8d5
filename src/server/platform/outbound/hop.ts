import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { pipeline, Readable } from "node:stream";
import { OutsideError } from "./error.ts";

/** The most bytes that the headers of an answer have. */
const HEADERS_BYTES_MAX = 16 * 1024;
/** An address that does not take the connection by then is given up, in ms. A name often has an IPv6 address beside. */
const CONNECT_MS = 5_000;

/** A stream is opened again for each address that is tried. */
export type OutsideBody = string | Uint8Array | (() => AsyncIterable<Uint8Array>);

/** One request, to one address. */
export interface Hop {
  url: URL;
  /** The IP address to connect to. The name in the URL is not resolved again. */
  address: string;
  method: string;
  headers: Record<string, string>;
  body: OutsideBody | undefined;
  signal: AbortSignal;
  /** Certificate authorities in place of the usual ones, as PEM. */
  ca: string | undefined;
}

/** The host of a URL without the brackets of IPv6. */
export const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$/g, "");

/**
 * Sends one request to one address. The certificate must be one for the name in the URL.
 * @throws OutsideError
 */
export function send({ url, address, method, headers, body, signal, ca }: Hop): Promise<IncomingMessage> {
  const isTls = url.protocol === "https:";
  const name = hostOf(url);
  return new Promise((resolve, reject) => {
    const request = (isTls ? httpsRequest : httpRequest)({
      host: address,
      port: url.port || (isTls ? 443 : 80),
      // The name counts for TLS. An IP address is not sent as a name, but its certificate is checked all the same.
      servername: isIP(name) ? "" : name,
      ca,
      method,
      path: url.pathname + url.search,
      headers: { ...headers, host: url.host },
      // A connection that is kept could lead to an address that the name had before.
      agent: false,
      maxHeaderSize: HEADERS_BYTES_MAX,
    });
    const abort = () => request.destroy();
    signal.addEventListener("abort", abort, { once: true });
    const timer = setTimeout(() => request.destroy(new Error("no connection in time")), CONNECT_MS);
    request.on("socket", (socket) => socket.once("connect", () => clearTimeout(timer)));
    request.on("response", (message) => {
      message.once("close", () => signal.removeEventListener("abort", abort));
      resolve(message);
    });
    request.on("error", (error) => reject(signal.aborted ? signal.reason : faultOf(error, url)));
    request.on("close", () => {
      clearTimeout(timer);
      reject(signal.aborted ? signal.reason : faultOf(new Error("closed"), url));
    });
    if (signal.aborted) abort();
    else if (typeof body === "function")
      pipeline(Readable.from(body()), request, (error) => {
        if (error) request.destroy(error);
      });
    else request.end(body);
  });
}

function faultOf(error: Error & { code?: string }, url: URL): OutsideError {
  const code = error.code ?? "";
  if (/^HPE_/.test(code)) return new OutsideError("bad_answer", `${url.host} does not answer in HTTP`, error);
  if (/CERT|SIGNATURE|SELF_SIGNED/.test(code))
    return new OutsideError("bad_certificate", `the certificate of ${url.host} is not believed (${code})`, error);
  return new OutsideError("unreachable", `${url.host} does not answer (${code || error.message})`, error);
}
