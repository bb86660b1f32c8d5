import { createHash } from "node:crypto";
import { Command, type Redis } from "ioredis";

/** A Lua script that Redis knows by its digest after it was sent once; a Redis that has forgotten it is told again. */
export class Script {
  private readonly digest: string;

  constructor(private readonly text: string) {
    this.digest = createHash("sha1").update(text).digest("hex");
  }

  /** Goes out at once and alone: made for few calls with much in each. */
  async run(redis: Redis, keys: readonly string[], parameters: readonly (string | number)[]): Promise<unknown> {
    try {
      return await send(redis, "evalsha", [this.digest, keys.length, ...keys, ...parameters]);
    } catch (error) {
      // It has done nothing: doing it again doubles nothing.
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return send(redis, "eval", [this.text, keys.length, ...keys, ...parameters]);
    }
  }
}

/** Past the pipelining of commands by tick, which costs as much as the command. */
const send = (redis: Redis, name: string, parameters: (string | number)[]) =>
  redis.sendCommand(new Command(name, parameters, { replyEncoding: "utf8" }));
