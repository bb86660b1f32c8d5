import type { FetchOutside } from "../outbound/fetch-outside.ts";
import { Clamd } from "./clamd.ts";
import { ScanHook } from "./hook.ts";
import type { Scanner } from "./scanner.ts";

/** Makes the scanner of the setting SCAN. `undefined`: files are not scanned. */
export function openScanner(address: URL | undefined, fetchOutside: FetchOutside): Scanner | undefined {
  if (!address) return undefined;
  if (address.protocol !== "clamd:") return new ScanHook(address.href, fetchOutside);
  const { hostname, port, pathname } = address;
  return new Clamd(
    hostname === "" ? { path: pathname } : { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) },
  );
}
