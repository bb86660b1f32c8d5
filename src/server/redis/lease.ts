import type { RedisClient } from "./client.ts";
import clock from "./clock.lua" with { type: "text" };
import { NODES } from "./keys.ts";
import renewLease from "./renew-lease.lua" with { type: "text" };
import { outcomeAndTime, Script } from "./script.ts";

const RENEW = new Script(clock, renewLease);

/**
 * If the clock of Redis moves this far from this node's clock between two beats, somebody has set it, or it belongs to
 * another server.
 */
const JUMP_MS = 1_000;

/** The name by which Redis knows this node, and the lease that keeps it alive there. */
export class Lease {
  name: string = crypto.randomUUID();
  /** How far the clock of Redis is ahead of performance.now, in ms. */
  ahead = 0;
  isHeld = false;

  constructor(
    private readonly client: RedisClient,
    private readonly leaseMs: number,
  ) {}

  /**
   * Renews the lease. Returns the dead nodes, each with how long ago its lease ended, in ms. `isAnew`: this node's own
   * lease had ended, and it has another name now. `hasJumped`: the clock of Redis has jumped since the last time.
   */
  async renew(): Promise<{ dead: [string, number][]; isAnew: boolean; hasJumped: boolean }> {
    let reply = await this.beat();
    const isAnew = outcomeAndTime(reply)[0] === 0;
    if (isAnew) {
      this.name = crypto.randomUUID();
      this.isHeld = false;
      reply = await this.beat();
    }
    const ahead = outcomeAndTime(reply)[1] - performance.now();
    const hasJumped = this.isHeld && Math.abs(ahead - this.ahead) > JUMP_MS;
    this.isHeld = true;
    this.ahead = ahead;
    const dead = Array.isArray(reply) ? reply.slice(2) : [];
    const pairs = Array.from({ length: dead.length / 2 }, (_, i): [string, number] => [
      String(dead[2 * i]),
      Number(dead[2 * i + 1]),
    ]);
    return { dead: pairs, isAnew, hasJumped };
  }

  /** Lets the lease end after this time. */
  async end(graceMs: number): Promise<void> {
    const ends = performance.now() + this.ahead + graceMs;
    await this.client.run((redis) => redis.zadd(NODES, "XX", "LT", ends, this.name));
  }

  private beat() {
    return this.client.run((redis) => RENEW.run(redis, [NODES], [this.name, this.leaseMs, this.isHeld ? 1 : 0]));
  }
}
