import { expect, test } from "bun:test";
import type { NetworkInterfaceInfo } from "node:os";
import { originToOpen } from "../../src/server/node/origin-to-open.ts";

const ipv4 = (address: string, internal = false): NetworkInterfaceInfo[] => [
  { address, internal, family: "IPv4", netmask: "255.255.255.0", mac: "00:00:00:00:00:00", cidr: null },
];
const ALL = {
  lo: ipv4("127.0.0.1", true),
  docker0: ipv4("172.17.0.1"),
  "br-1f2e": ipv4("172.18.0.1"),
  tailscale0: ipv4("10.9.9.9"),
  wlp3s0: ipv4("192.168.1.20"),
};
const everywhere = { PUBLIC_URL: undefined, HOST: "0.0.0.0" };
const machine = (interfaces: Record<string, NetworkInterfaceInfo[]>, isContainer = false) => ({
  interfaces,
  isContainer,
});

test("the address to open is PUBLIC_URL, else one in the local network, else localhost, and never 0.0.0.0", () => {
  const open = (...args: Parameters<typeof originToOpen>) => originToOpen(...args);
  expect(open({ ...everywhere, PUBLIC_URL: "https://chat.example.com" }, 8000, machine(ALL))).toBe(
    "https://chat.example.com",
  );
  for (const HOST of ["0.0.0.0", "::", ""])
    expect(open({ ...everywhere, HOST }, 8000, machine(ALL))).toBe("http://192.168.1.20:8000");
  expect(open(everywhere, 80, machine(ALL))).toBe("http://192.168.1.20");
  expect(open(everywhere, 8000, machine({ ...ALL, odd0: ipv4("10.0.0.1"), eth0: ipv4("10.0.0.2") }))).toBe(
    "http://192.168.1.20:8000",
  );
  expect(open(everywhere, 8000, machine({ odd0: ipv4("10.0.0.1"), eth0: ipv4("10.0.0.2") }))).toBe(
    "http://10.0.0.2:8000",
  );
  const { docker0, lo } = ALL;
  expect(open(everywhere, 8000, machine({ lo, docker0 }))).toBe("http://localhost:8000");
  expect(open(everywhere, 8000, machine({ lo, docker0, odd0: ipv4("10.0.0.1") }))).toBe("http://10.0.0.1:8000");
  // A public address says nothing of how people come there; in a container it is the inside's.
  expect(open(everywhere, 8000, machine({ eth0: ipv4("203.0.113.7") }))).toBe("http://localhost:8000");
  expect(open(everywhere, 8000, machine(ALL, true))).toBe("http://localhost:8000");
  expect(open(everywhere, 8000, machine({}))).toBe("http://localhost:8000");
});

test("a HOST that is set is the address to open", () => {
  for (const [HOST, origin] of [
    ["127.0.0.1", "http://localhost:8000"],
    ["::1", "http://localhost:8000"],
    ["192.168.1.5", "http://192.168.1.5:8000"],
    ["fd00::5", "http://[fd00::5]:8000"],
    ["chat.example.com", "http://chat.example.com:8000"],
  ] as const)
    expect(originToOpen({ PUBLIC_URL: undefined, HOST }, 8000, machine(ALL))).toBe(origin);
});
