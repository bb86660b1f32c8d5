import ipaddr from "ipaddr.js";
import type { Caller } from "../base/caller.ts";

/**
 * The proxies whose `X-Forwarded-*` headers are trusted: a number of proxies in front, or proxies at these addresses.
 */
export type TrustedProxies = number | [ipaddr.IPv4 | ipaddr.IPv6, number][];

/** The part of Bun's server that this file needs. */
export interface Connections {
  port: number;
  requestIP(request: Request): { address: string; port: number } | null;
  /** Sets after how many seconds without a byte the connection of this request is closed. 0: never. */
  timeout(request: Request, seconds: number): void;
}

/** The sender of a request, as far as the server can trust the headers. */
export interface Client extends Caller {
  https: boolean;
  /** The host the client asked for. */
  host: string;
  /** The port the client asked for, where a trusted proxy sends it in a header of its own. */
  port: string | undefined;
}

/** Finds the sender of a request from its connection, and from its headers where they come from trusted proxies. */
export function clientOf(request: Request, connections: Connections, trusted: TrustedProxies): Client {
  const peer = connections.requestIP(request)?.address ?? "";
  const { headers } = request;
  const proxied = isTrustedPeer(peer, trusted);
  // A client can send empty entries, and a proxy keeps them. They must not hide the address that the proxy appends.
  const chain = listOf(headers.get("x-forwarded-for"));
  const address = (proxied && chain.length > 0 ? forwardedAddress(chain, trusted) : undefined) ?? parse(peer);
  return {
    address: address?.toString() ?? "unknown",
    ...networkOf(address),
    https: (proxied ? lastOf(headers.get("x-forwarded-proto")) : undefined) === "https",
    host: (proxied ? lastOf(headers.get("x-forwarded-host")) : undefined) ?? headers.get("host") ?? "",
    port: portOf(proxied ? lastOf(headers.get("x-forwarded-port")) : undefined),
  };
}

/** The origin of the page that a client asked for, for links that lead back to it. */
export type OriginOf = (client: Client) => string;

/** @param publicUrl the origin that the operator has set. It wins over the host that clients ask for */
export const originOf =
  (publicUrl: string | undefined): OriginOf =>
  ({ https, host, port }) =>
    publicUrl ?? askedOrigin(`http${https ? "s" : ""}://${host}`, port);

function askedOrigin(text: string, port: string | undefined): string {
  // A proxy may send the host in any form. A text that is no origin stays as it came, and the link leads nowhere.
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.port === "" && port !== undefined && !/:\d+$/.test(text)) url.port = port;
  return url.origin;
}

function isTrustedPeer(peer: string, trusted: TrustedProxies): boolean {
  if (typeof trusted === "number") return trusted > 0;
  const address = parse(peer);
  return address !== undefined && isIn(address, trusted);
}

/**
 * Each proxy appends its peer's address. So the first address from the right that is no trusted proxy is the client's.
 */
function forwardedAddress(chain: string[], trusted: TrustedProxies) {
  if (typeof trusted === "number") return parse(chain.at(-Math.min(trusted, chain.length)) ?? "");
  const addresses = chain.map(parse);
  for (const address of addresses.reverse()) {
    if (!address) return undefined;
    if (!isIn(address, trusted)) return address;
  }
  return addresses.at(-1);
}

const isIn = (address: ipaddr.IPv4 | ipaddr.IPv6, ranges: [ipaddr.IPv4 | ipaddr.IPv6, number][]) =>
  ranges.some((range) => range[0].kind() === address.kind() && address.match(range));

/** Gives each address one form: IPv4 mapped into IPv6 becomes IPv4; brackets, ports and zones are dropped. */
function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const bare = text.replace(/^\[([^\]]*)\](?::\d+)?$/, "$1").replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
  try {
    return ipaddr.process(bare.replace(/%.*$/, ""));
  } catch {
    return undefined;
  }
}

function networkOf(address: ipaddr.IPv4 | ipaddr.IPv6 | undefined): Pick<Caller, "network" | "wide"> {
  if (!address) return { network: "unknown", wide: "unknown" };
  if (address instanceof ipaddr.IPv4)
    return { network: address.toString(), wide: `${address.octets.slice(0, 3).join(".")}.0/24` };
  const start = (parts: number) =>
    address.parts
      .slice(0, parts)
      .map((part) => part.toString(16))
      .join(":");
  return { network: `${start(4)}::/64`, wide: `${start(3)}::/48` };
}

const portOf = (text: string | undefined) => (text !== undefined && /^\d{1,5}$/.test(text) ? text : undefined);

const listOf = (header: string | null) =>
  (header ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");

const lastOf = (header: string | null) => listOf(header).at(-1)?.toLowerCase();
