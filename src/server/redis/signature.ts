import { createHmac } from "node:crypto";

/** 132 of the 256 bits, base64url: enough, and short beside what it signs. */
const LENGTH = 22;

/** The key that every node of a database knows and Redis does not, made from the secret that seals session tokens. */
export const redisKey = (sessionSecret: string): Buffer => createHmac("sha256", sessionSecret).update("redis").digest();

/**
 * Signs texts that travel over Redis or are stored there (HMAC-SHA-256). Somebody who can write to Redis but can't read
 * the database can't make a text that a node accepts. The context says what a text is for: it is valid nowhere else. A
 * context holds no line break.
 */
export class Signatures {
  static readonly LENGTH = LENGTH;

  /** Copied for each text, which costs less than to begin with the key. */
  private readonly keyed: Bun.CryptoHasher;

  constructor(key: Uint8Array) {
    this.keyed = new Bun.CryptoHasher("sha256", key);
  }

  /** @param parts of the text, so that callers need not join them */
  sign(context: string, ...parts: (string | Uint8Array)[]): string {
    // Measured on Bun 1.4.5: 0.8 µs for 500 bytes and 2.8 µs for 3,000; BLAKE2b takes twice, node:crypto two times
    // that.
    const hash = this.keyed.copy().update(`${context}\n`);
    for (const part of parts) hash.update(part);
    return hash.digest("base64url").slice(0, LENGTH);
  }

  isRight(signature: string, context: string, text: string | Uint8Array): boolean {
    const right = this.sign(context, text);
    if (signature.length !== LENGTH) return false;
    // This compares in constant time.
    let difference = 0;
    for (let i = 0; i < LENGTH; i++) difference |= signature.charCodeAt(i) ^ right.charCodeAt(i);
    return difference === 0;
  }
}
