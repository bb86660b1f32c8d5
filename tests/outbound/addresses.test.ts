import { expect, test } from "bun:test";
import { readConfig } from "../../src/server/config.ts";
import { allowsAddress, allowsHost, isPublic } from "../../src/server/platform/outbound/addresses.ts";

/** Addresses that are not of the public Internet, by their kind. */
const NOT_PUBLIC = {
  loopback: ["127.0.0.1", "127.255.255.254", "::1"],
  "this network": ["0.0.0.0", "0.1.2.3", "::"],
  private: ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1", "fec0::1"],
  "link-local": ["169.254.0.1", "fe80::1", "febf::1"],
  metadata: ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"],
  "carrier-grade NAT": ["100.64.0.1", "100.127.255.255"],
  multicast: ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
  "broadcast and reserved": ["255.255.255.255", "240.0.0.1", "192.0.0.1", "192.88.99.1", "198.18.0.1", "4000::1"],
  documentation: ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
  "IPv4 in IPv6": ["::ffff:127.0.0.1", "::ffff:a00:1", "::127.0.0.1", "::ffff:0:127.0.0.1"],
  NAT64: ["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1", "64:ff9b:1::808:808"],
  "6to4": ["2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1"],
  Teredo: ["2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
  ISATAP: ["2606:4700::5efe:a00:1", "2606:4700::200:5efe:a00:1"],
  "other special ones": ["100::1", "5f00::1", "2001:2::1", "2001:20::1"],
  "no address": ["", "localhost", "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "fe80::1%eth0", "1.2.3.4.5"],
};

for (const [kind, addresses] of Object.entries(NOT_PUBLIC))
  test(`the guard refuses addresses of the kind ${kind}`, () => {
    expect(addresses.filter((address) => isPublic(address, []))).toEqual([]);
  });

test("the guard accepts public addresses, and those behind NAT64", () => {
  const addresses = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"];
  for (const address of [...addresses, "::ffff:8.8.8.8", "64:ff9b::808:808"])
    expect(isPublic(address, []), address).toBe(true);
});

test("the guard refuses the addresses of its own machine, in any form", () => {
  expect(isPublic("8.8.8.8", ["8.8.8.8"])).toBe(false);
  expect(isPublic("::ffff:8.8.8.8", ["8.8.8.8"])).toBe(false);
  expect(isPublic("64:ff9b::808:808", ["8.8.8.8"])).toBe(false);
  expect(isPublic("2606:4700:0::1", ["2606:4700::1"])).toBe(false);
  expect(isPublic("8.8.4.4", ["8.8.8.8"])).toBe(true);
});

const allowed = (text: string) => readConfig({ ALLOW_PRIVATE: text }).ALLOW_PRIVATE;

test("the setting ALLOW_PRIVATE takes names, addresses and ranges", () => {
  const some = allowed("Hooks.Internal, 10.1.0.0/16,fd00::/8 , 127.0.0.1,node1");
  for (const host of ["hooks.internal", "hooks.internal.", "node1"]) expect(allowsHost(some, host), host).toBe(true);
  for (const host of ["internal", "x.hooks.internal", "127.0.0.1"]) expect(allowsHost(some, host), host).toBe(false);
  for (const address of ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1", "127.0.0.1", "64:ff9b::a01:203"])
    expect(allowsAddress(some, address), address).toBe(true);
  for (const address of ["10.2.0.1", "fe80::1", "127.0.0.2", "::1", "x"])
    expect(allowsAddress(some, address), address).toBe(false);
  expect(allowed("müller.example").hosts).toEqual(["xn--mller-kva.example"]);
  expect(allowed("")).toEqual({ hosts: [], ranges: [] });
});

test("the setting ALLOW_PRIVATE refuses a text that is no host", () => {
  for (const text of ["http://a", "a:80", "10.0.0.0/40", "a b", ",", "127.1", "user@a"])
    expect(() => allowed(text), text).toThrow("must be a host name");
});
