import { createHmac } from "node:crypto";

/** 132 of the 256 bits, base64url: enough, and short beside what it signs. */
const LENGTH = 22;

/** What every node of a database knows and Redis does not: made of the secret that seals session tokens. */
export const redisKey = (sessionSecret: string): Buffer => createHmac("sha256", sessionSecret).update("redis").digest();

/**
 * Signs what travels over Redis and lies there (HMAC-SHA-256): whoever can write to Redis but can't read the database
 * makes nothing that a node believes. The context says what a text is for, so that it is worth nothing anywhere else.
 * A context holds no line break.
 */
export class Signatures {
  static readonly LENGTH = LENGTH;

  constructor(private readonly key: Uint8Array) {}

  sign(context: string, text: string | Uint8Array): string {
    // Measured on Bun 1.4.5: 0.8 µs for 500 bytes and 2.8 µs for 3,000; BLAKE2b takes twice, node:crypto two times that.
    return new Bun.CryptoHasher("sha256", this.key)
      .update(`${context}\n`)
      .update(text)
      .digest("base64url")
      .slice(0, LENGTH);
  }

  isRight(signature: string, context: string, text: string | Uint8Array): boolean {
    const right = this.sign(context, text);
    if (signature.length !== LENGTH) return false;
    // In constant time.
    let difference = 0;
    for (let i = 0; i < LENGTH; i++) difference |= signature.charCodeAt(i) ^ right.charCodeAt(i);
    return difference === 0;
  }
}
