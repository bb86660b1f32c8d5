import { LRUCache } from "lru-cache";
import type { SecurityEvent, SecurityEventName, SecurityLog } from "../../base/security-log.ts";

/**
 * Events that an attacker can cause without end. At most this many lines of them, and of others, are written in a
 * second.
 */
const FLOODING: ReadonlySet<SecurityEventName> = new Set(["login_failed", "login_throttled"]);
const FLOODING_A_SECOND = 20;
const OTHERS_A_SECOND = 200;
/** A throttled account and network get one line at once, and one with the count after this time. */
const THROTTLED_MS = 60_000;
/** The most pairs of account and network that are counted at once. */
const THROTTLED_MAX = 1_000;
/** The account is text that somebody typed. */
const ACCOUNT_MAX = 254;

/**
 * Writes security events as lines of JSON: `{at, event, account?, user_id?, network, address, by?, …}`. So that an
 * attack can't fill the disk, events beyond a limit are only counted, and their count is written.
 */
export class SecurityLines implements SecurityLog {
  private second = 0;
  private written = { flooding: 0, others: 0 };
  private leftOut = new Map<SecurityEventName, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly throttled = new LRUCache<string, { event: SecurityEvent; more: number }>({
    maxSize: THROTTLED_MAX,
    sizeCalculation: () => 1,
    ttl: THROTTLED_MS,
    ttlAutopurge: true,
    dispose: ({ event, more }) => more > 0 && this.line({ ...event, details: { ...event.details, more } }),
  });

  /** @param write gets each line, without a line break */
  constructor(private readonly write: (line: string) => void) {}

  record(given: SecurityEvent): void {
    const event = given.account === undefined ? given : { ...given, account: printable(given.account) };
    if (event.event === "login_throttled") {
      const key = `${event.account ?? event.userId} ${event.network}`;
      const known = this.throttled.get(key);
      if (known) {
        known.more++;
        return;
      }
      this.throttled.set(key, { event, more: 0 });
    }
    this.line(event);
  }

  /** Writes the counts of the events that were left out. */
  close(): void {
    this.throttled.clear();
    this.writeLeftOut();
  }

  private line(event: SecurityEvent): void {
    const kind = FLOODING.has(event.event) ? "flooding" : "others";
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.second) {
      this.second = second;
      this.written = { flooding: 0, others: 0 };
    }
    if (++this.written[kind] <= (kind === "flooding" ? FLOODING_A_SECOND : OTHERS_A_SECOND)) this.write(lineOf(event));
    else {
      this.leftOut.set(event.event, (this.leftOut.get(event.event) ?? 0) + 1);
      this.timer ??= setTimeout(() => this.writeLeftOut(), 1_000);
    }
  }

  private writeLeftOut() {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.leftOut.size === 0) return;
    this.write(
      JSON.stringify({ at: new Date().toISOString(), event: "left_out", ...Object.fromEntries(this.leftOut) }),
    );
    this.leftOut = new Map();
  }
}

function lineOf({ event, account, userId, network, address, by, details }: SecurityEvent): string {
  return JSON.stringify({
    at: new Date().toISOString(),
    event,
    account,
    user_id: userId,
    network,
    address,
    by,
    ...details,
  });
}

/** Replaces invisible characters, which could make a line look like another one, or like two. */
const printable = (text: string) =>
  text
    .slice(0, 2 * ACCOUNT_MAX)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?")
    .slice(0, ACCOUNT_MAX)
    .toWellFormed();
