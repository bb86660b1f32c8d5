import { createClient } from "./client.ts";
import type { ConfabClient, ConnectOptions } from "./public/client.ts";

/** Connects to a server, and reconnects by itself. `options` may be a URL. A page of the server itself needs no options. */
export function connect(options: ConnectOptions | string | { href: string } = {}): ConfabClient {
  return createClient(typeof options === "string" || "href" in options ? { url: options } : options);
}
