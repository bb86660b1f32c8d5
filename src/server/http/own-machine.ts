import { readFileSync } from "node:fs";
import type { Context } from "hono";
import ipaddr from "ipaddr.js";
import type { Env } from "./env.ts";
import type { TrustedProxies } from "./requester.ts";

/** Headers that proxies and tunnels add. No browser sends one by itself. */
const FORWARDING =
  /^(forwarded|via|x-forwarded.*|x-real-ip|x-client-ip|x-cluster-client-ip|x-original-.*|x-envoy-.*|cf-.*|cdn-loop|true-client-ip|fastly-client-ip|fly-.*|x-azure-.*|x-amzn-.*)$/i;

/**
 * Decides whether a request comes from a browser on this very machine, with nothing in between. Such a browser may make the first
 * superuser without a code, so every doubt counts against it.
 */
export class OwnMachine {
  constructor(
    private readonly settings: { publicUrl: string | undefined; trustedProxies: TrustedProxies },
    private readonly ownerOf = connectionOwner,
  ) {}

  /** A direct connection of this process's own user, and a `Host` that names this machine. */
  isDirect(c: Context<Env>): boolean {
    const { publicUrl, trustedProxies } = this.settings;
    if (publicUrl !== undefined || trustedProxies !== 0) return false;
    const { headers } = c.req.raw;
    if ([...headers.keys()].some((name) => FORWARDING.test(name))) return false;
    // nginx sends `Connection: close` to its backend by default, and no other mark. Browsers keep connections open.
    if (/\bclose\b/i.test(headers.get("connection") ?? "")) return false;
    const host = headers.get("host") ?? "";
    if (!isLocalHost(host)) return false;
    const peer = c.env.requestIP(c.req.raw);
    if (!peer || !isLoopback(peer.address)) return false;
    // A proxy on this machine that hides itself still runs as another user than this server.
    const owner = this.ownerOf(peer, c.env.port);
    return owner === undefined || owner === process.getuid?.();
  }

  /** A direct request from a page of this server. */
  isOwnPage(c: Context<Env>): boolean {
    const origin = c.req.header("origin");
    const site = c.req.header("sec-fetch-site");
    const isOwn = origin === undefined ? site === "same-origin" : origin === `http://${c.req.header("host")}`;
    return isOwn && (site === undefined || site === "same-origin") && this.isDirect(c);
  }
}

function isLocalHost(host: string): boolean {
  if (!URL.canParse(`http://${host}/`)) return false;
  const { hostname } = new URL(`http://${host}/`);
  if (hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]") return true;
  return ipaddr.IPv4.isValidFourPartDecimal(hostname) && isLoopback(hostname);
}

function isLoopback(address: string): boolean {
  try {
    return ipaddr.process(address).range() === "loopback";
  } catch {
    return false;
  }
}

const ESTABLISHED = "01";
/** An id that no user has, for a connection that the kernel does not know. */
const NOBODY = -1;

/**
 * Finds the user whose process holds the other end of a connection from this machine. `undefined` on systems other than Linux.
 * @returns NOBODY when the kernel knows no such connection
 */
function connectionOwner(peer: { address: string; port: number }, ownPort: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  const local = kernelForms(peer.address).map((form) => form + portForm(peer.port));
  try {
    for (const file of ["/proc/net/tcp", "/proc/net/tcp6"])
      for (const line of readFileSync(file, "latin1").split("\n")) {
        const [, from = "", to = "", state, , , , uid] = line.trim().split(/\s+/);
        if (state === ESTABLISHED && local.includes(from) && to.endsWith(portForm(ownPort))) return Number(uid);
      }
  } catch {
    // A machine without IPv6 has no second file.
  }
  return NOBODY;
}

const portForm = (port: number) => `:${port.toString(16).toUpperCase().padStart(4, "0")}`;

/** An address as the kernel lists it, in words of four bytes with the last byte first; an IPv4 one also mapped into IPv6. */
function kernelForms(address: string): string[] {
  const parsed = ipaddr.process(address);
  const bytes = parsed.toByteArray();
  const words: string[] = [];
  for (let i = 0; i < bytes.length; i += 4) words.push(Buffer.from(bytes.slice(i, i + 4).reverse()).toString("hex"));
  const form = words.join("").toUpperCase();
  return parsed.kind() === "ipv4" ? [form, `0000000000000000FFFF0000${form}`] : [form];
}
