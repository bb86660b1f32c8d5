import { createHmac, timingSafeEqual } from "node:crypto";
import { Failure } from "../../base/failure.ts";
import type { StoredFile } from "./file.ts";
import { ADDRESS_MS } from "./limits.ts";

/**
 * Signed addresses, for tags that can send neither a cookie nor a bearer. They name their user, who is asked for the right
 * again whenever one is opened.
 */
export class Addresses {
  private readonly key: Buffer;

  /** @param secret which the nodes share. Its key is of use for addresses only */
  constructor(
    secret: string,
    private readonly origin: string | undefined,
  ) {
    this.key = createHmac("sha256", secret).update("addresses of files").digest();
  }

  /** @param origin used when the server has no origin for files */
  sign(file: Pick<StoredFile, "id" | "name">, userId: number, origin: string): { url: string; expires_at: string } {
    const until = Date.now() + ADDRESS_MS;
    const signature = this.signatureOf(file.id, userId, until);
    const query = new URLSearchParams({ for: String(userId), until: String(until), signature });
    const path = `/api/files/${file.id}/${encodeURIComponent(file.name)}`;
    return { url: `${this.origin ?? origin}${path}?${query}`, expires_at: new Date(until).toISOString() };
  }

  /** The user whom an address names. @throws Failure `file_not_found` when it is forged or too old */
  userOf(fileId: string, signed: { for: string; until: string; signature: string }): number {
    const [userId, until] = [Number(signed.for), Number(signed.until)];
    const right = Buffer.from(this.signatureOf(fileId, userId, until));
    const given = Buffer.from(signed.signature);
    const isRight = right.length === given.length && timingSafeEqual(right, given);
    if (!isRight || !(until > Date.now())) throw new Failure("file_not_found");
    return userId;
  }

  private signatureOf(fileId: string, userId: number, until: number): string {
    return createHmac("sha256", this.key).update(`file ${fileId} ${userId} ${until}`).digest("base64url");
  }
}
