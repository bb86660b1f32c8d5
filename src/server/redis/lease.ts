import type { RedisClient } from "./client.ts";
import { CLOCK, numbers } from "./clock.ts";
import { NODES } from "./keys.ts";
import { Script } from "./script.ts";

/**
 * KEYS: nodes. ARGV: node, lease in ms, 1 when it had one. Gives 0 when that has run out, else 1; the time; and dead
 * nodes, each with how long ago its lease ended. A node that has lost its lease is dead once more, by that name: it may
 * have entered places after its old ones were done away with.
 */
const BEAT = new Script(`${CLOCK}
local ends = redis.call('ZSCORE', KEYS[1], ARGV[1])
local lost = ARGV[3] == '1' and not (ends and tonumber(ends) > now)
redis.call('ZADD', KEYS[1], text(lost and now or now + ARGV[2]), ARGV[1])
local reply = { lost and 0 or 1, text(now) }
-- Somebody may have written any number of them.
local dead = redis.call('ZRANGE', KEYS[1], '-inf', text(now), 'BYSCORE', 'LIMIT', 0, 100, 'WITHSCORES')
for i = 1, #dead, 2 do
  reply[#reply + 1] = dead[i]
  reply[#reply + 1] = text(now - dead[i + 1])
end
return reply`);

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
    const isAnew = numbers(reply)[0] === 0;
    if (isAnew) {
      this.name = crypto.randomUUID();
      this.isHeld = false;
      reply = await this.beat();
    }
    const ahead = numbers(reply)[1] - performance.now();
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
    return this.client.run((redis) => BEAT.run(redis, [NODES], [this.name, this.leaseMs, this.isHeld ? 1 : 0]));
  }
}
