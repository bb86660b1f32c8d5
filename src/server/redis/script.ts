import { createHash } from "node:crypto";
import { Command, type Redis } from "ioredis";

/**
 * A Lua script that Redis knows by its digest once it has got the text. A Redis that has forgotten it gets it again.
 */
export class Script {
  private readonly text: string;
  private readonly digest: string;

  /** @param parts of the text: first the preludes that the script needs, then the script */
  constructor(...parts: string[]) {
    this.text = parts.join("");
    this.digest = createHash("sha1").update(this.text).digest("hex");
  }

  /** Sends the call at once and alone, because the calls are few and large. */
  async run(redis: Redis, keys: readonly string[], parameters: readonly (string | number)[]): Promise<unknown> {
    try {
      return await send(redis, "evalsha", [this.digest, keys.length, ...keys, ...parameters]);
    } catch (error) {
      // The call has done nothing, so a second call repeats nothing.
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return send(redis, "eval", [this.text, keys.length, ...keys, ...parameters]);
    }
  }
}

/** The first two values that a script on the clock of Redis returns: its outcome, and the time in ms. */
export function outcomeAndTime(reply: unknown): [number, number] {
  const [outcome, at] = Array.isArray(reply) ? reply : [];
  return [Number(outcome), Number(at)];
}

/** Sends a command without pipelining by tick, which costs as much as the command itself. */
const send = (redis: Redis, name: string, parameters: (string | number)[]) =>
  redis.sendCommand(new Command(name, parameters, { replyEncoding: "utf8" }));
