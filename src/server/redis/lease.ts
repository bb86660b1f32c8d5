import type { RedisClient } from "./client.ts";
import clock from "./clock.lua" with { type: "text" };
import { NODES } from "./keys.ts";
import renewLease from "./renew-lease.lua" with { type: "text" };
import { outcomeAndTime, Script } from "./script.ts";

const RENEW = new Script(clock, renewLease);

/** A clock that has gone so much further, or less far, than this node's since the last beat was set, or is another one's. */
const JUMP_MS = 1_000;

/** By what name Redis knows this node, and until when. */
export class Lease {
  name: string = crypto.randomUUID();
  /** Redis' clock is this much ahead of performance.now. */
  ahead = 0;
  isHeld = false;

  constructor(
    private readonly client: RedisClient,
    private readonly leaseMs: number,
  ) {}

  /**
   * Gives dead nodes, each with how long ago its lease ended, in ms; whether this node's own had ended: it has another
   * name now; and whether Redis' clock has jumped since the last time.
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

  /** It ends so much later, in ms. */
  async end(graceMs: number): Promise<void> {
    const ends = performance.now() + this.ahead + graceMs;
    await this.client.run((redis) => redis.zadd(NODES, "XX", "LT", ends, this.name));
  }

  private beat() {
    return this.client.run((redis) => RENEW.run(redis, [NODES], [this.name, this.leaseMs, this.isHeld ? 1 : 0]));
  }
}
