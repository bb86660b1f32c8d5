import { existsSync } from "node:fs";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";
import type { Config } from "../config.ts";

const EVERY_ADDRESS = new Set(["0.0.0.0", "::", ""]);
/** Interfaces to containers, virtual machines and tunnels: other people on the network can't reach their addresses. */
const VIRTUAL =
  /^(docker|br-|veth|virbr|vmnet|vboxnet|tun|tap|utun|wg|tailscale|zt|cni|flannel|cali|lxc|lxdbr|podman|bridge|awdl|llw|vEthernet|nordlynx|ppp)/i;
/** The names of network cards and wireless on Linux, BSD, macOS and Windows. */
const PHYSICAL = /^(en|eth|wl|ww|em\d|igb|Ethernet|Wi-?Fi|WLAN)/i;

/** The facts about a machine that decide which address others can open. */
export interface Machine {
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>;
  /** Whether this is a container, whose addresses are in a network inside the machine around it. */
  isContainer: boolean;
}

const thisMachine = (): Machine => ({
  interfaces: networkInterfaces(),
  isContainer: existsSync("/.dockerenv") || existsSync("/run/.containerenv"),
});

/**
 * The origin that people open: PUBLIC_URL, else an address of this machine in the local network, else localhost.
 * @param port the port that the server listens on
 */
export function originToOpen(
  { PUBLIC_URL, HOST }: Pick<Config, "PUBLIC_URL" | "HOST">,
  port: number,
  machine = thisMachine(),
): string {
  if (PUBLIC_URL !== undefined) return PUBLIC_URL;
  const host = EVERY_ADDRESS.has(HOST) ? (lanAddress(machine) ?? "localhost") : HOST;
  const name = isLoopback(host) ? "localhost" : host.includes(":") ? `[${host}]` : host;
  // `origin` leaves the usual port out.
  return new URL(`http://${name}:${port}`).origin;
}

function lanAddress({ interfaces, isContainer }: Machine): string | undefined {
  if (isContainer) return undefined;
  const names = Object.keys(interfaces).filter((name) => !VIRTUAL.test(name));
  const first = [...names.filter((name) => PHYSICAL.test(name)), ...names.filter((name) => !PHYSICAL.test(name))];
  for (const name of first)
    for (const { address, family, internal } of interfaces[name] ?? [])
      if (family === "IPv4" && !internal && ipaddr.IPv4.parse(address).range() === "private") return address;
  return undefined;
}

const isLoopback = (host: string) => ipaddr.isValid(host) && ipaddr.process(host).range() === "loopback";
