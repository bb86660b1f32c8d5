import { createClient } from "./client.ts";
import type { ConfabClient, ConnectOptions } from "./public/client.ts";

/** Connects to a server, and stays connected. A URL alone will do; in a page of the server itself, nothing. */
export function connect(options: ConnectOptions | string | { href: string } = {}): ConfabClient {
  return createClient(typeof options === "string" || "href" in options ? { url: options } : options);
}
