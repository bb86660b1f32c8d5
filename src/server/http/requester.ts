import ipaddr from "ipaddr.js";
import type { Caller } from "../base/caller.ts";

/** Whom `X-Forwarded-*` is believed from: so many proxies in front, or proxies at these addresses. */
export type TrustedProxies = number | [ipaddr.IPv4 | ipaddr.IPv6, number][];

/** Bun's server, as far as it is asked here. */
export interface Connections {
  port: number;
  requestIP(request: Request): { address: string; port: number } | null;
}

/** Who sent a request, as far as can be believed. */
export interface Client extends Caller {
  https: boolean;
  /** The host the client asked for. */
  host: string;
  /** The port the client asked for, where a trusted proxy tells it apart from the host. */
  port: string | undefined;
}

/** Reads who sent a request from its connection, and from its headers only as far as trusted proxies vouch for them. */
export function clientOf(request: Request, connections: Connections, trusted: TrustedProxies): Client {
  const peer = connections.requestIP(request)?.address ?? "";
  const { headers } = request;
  const proxied = isTrustedPeer(peer, trusted);
  // Empty entries are a client's: an appending proxy keeps them, and they must not hide what it appended.
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

/** @param publicUrl what the operator says it is, which wins over what clients ask for */
export const originOf =
  (publicUrl: string | undefined): OriginOf =>
  ({ https, host, port }) =>
    publicUrl ?? askedOrigin(`http${https ? "s" : ""}://${host}`, port);

function askedOrigin(text: string, port: string | undefined): string {
  // A proxy may tell its clients' host in any form; what is no origin is written as it came, and leads nowhere.
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

/** From the right: each proxy appends whom it heard from, so the first that is none of ours is the client. */
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

/** One spelling for each address: IPv4 mapped into IPv6 is IPv4; brackets, ports and zones go. */
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
