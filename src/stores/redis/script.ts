import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

/** A Lua script that Redis knows by its digest after it was sent once; a Redis that has forgotten it is told again. */
export class Script {
  private readonly digest: string;

  constructor(private readonly text: string) {
    this.digest = createHash("sha1").update(text).digest("hex");
  }

  async run(redis: Redis, keys: readonly string[], parameters: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.digest, keys.length, ...keys, ...parameters);
    } catch (error) {
      // It has done nothing: doing it again doubles nothing.
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return redis.eval(this.text, keys.length, ...keys, ...parameters);
    }
  }
}
