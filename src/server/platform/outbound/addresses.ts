import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = readonly [Address, number];

/** The hosts and address ranges inside the operator's network that Confab may call (the setting ALLOW_PRIVATE). */
export interface Allowed {
  /** Host names in lower case. Their addresses may be anything. */
  hosts: readonly string[];
  ranges: readonly Range[];
}

/** The only IPv6 addresses of the public Internet. */
const GLOBAL_IPV6: Range = [ipaddr.IPv6.parse("2000::"), 3];
/** NAT64 with the prefix that all networks share. It stands for the IPv4 address in its last 32 bits. */
const NAT64: Range = [ipaddr.IPv6.parse("64:ff9b::"), 96];
/** Azure answers machines on it with their secrets, although it looks like any public address. */
const METADATA = ipaddr.IPv4.parse("168.63.129.16");

/** Reads an IP address. IPv4 in an IPv6 form becomes IPv4. `undefined` when the text is none. */
function parse(text: string): Address | undefined {
  if (!ipaddr.isValid(text) || text.includes("%")) return undefined;
  const address = ipaddr.process(text);
  return isIn(address, NAT64) ? ipaddr.fromByteArray(address.toByteArray().slice(-4)) : address;
}

const isIn = (address: Address, [start, bits]: Range) => address.kind() === start.kind() && address.match(start, bits);

/** An address of a tunnel within IPv6 (ISATAP), which ends in an IPv4 address of any network. */
const isTunnel = (address: ipaddr.IPv6) => ((address.parts[4] ?? 0) & ~0x0200) === 0 && address.parts[5] === 0x5efe;

/** Whether the address is one of the public Internet, and neither of a private network nor of this machine. */
export function isPublic(text: string, own: readonly string[] = ownAddresses()): boolean {
  const address = parse(text);
  if (address?.range() !== "unicast") return false;
  if (own.some((one) => parse(one)?.toString() === address.toString())) return false;
  if (address instanceof ipaddr.IPv6) return isIn(address, GLOBAL_IPV6) && !isTunnel(address);
  return address.toString() !== METADATA.toString();
}

/** A service that listens on all addresses of this machine may trust calls that come from itself. */
const ownAddresses = () =>
  Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map(({ address }) => address) ?? []);

/** Whether the operator allows this host, whatever its address is. */
export const allowsHost = (allowed: Allowed, host: string) => allowed.hosts.includes(host.replace(/\.$/, ""));

/** Whether the operator allows this address. */
export function allowsAddress(allowed: Allowed, text: string): boolean {
  const address = parse(text);
  return address !== undefined && allowed.ranges.some((range) => isIn(address, range));
}
