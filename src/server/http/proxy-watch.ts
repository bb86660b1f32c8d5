import type { Logger } from "../base/logger.ts";
import type { TrustedProxies } from "./requester.ts";

const HEADERS = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded"];

/** Notices a proxy that the settings don't name. All people behind it would count as one address. */
export class ProxyWatch {
  /** A request came with a proxy's header, and no proxy is trusted. */
  seen = false;

  constructor(
    private readonly trusted: TrustedProxies,
    private readonly logger: Logger,
  ) {}

  look({ headers }: Request): void {
    if (this.seen || this.trusted !== 0) return;
    const header = HEADERS.find((name) => headers.has(name));
    if (header === undefined) return;
    this.seen = true;
    this.logger.warn(
      { header },
      "a request came with a proxy's header, but TRUSTED_PROXIES is 0: if a proxy is in front, all people count as one address, and limits meant for one hold for all of them. Set TRUSTED_PROXIES to the number of proxies",
    );
  }
}
