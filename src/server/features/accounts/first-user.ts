import { createHmac, timingSafeEqual } from "node:crypto";
import type { FirstUserWay } from "../../../protocol/server.ts";
import type { User } from "../../../protocol/users.ts";
import { ReadCache } from "../../base/cache.ts";
import { invalidField } from "../../base/failure.ts";
import type { NewUser } from "./account.ts";
import type { Claim, FirstUserStore, Proof } from "./first-user-store.ts";

/** Crockford's base 32: no letter looks like a digit. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH = 10;

/** Gives a fresh server its first superuser: by the code that it prints, or from its own page on its own machine. */
export class FirstUser {
  /** The same on all nodes of a database: `XXXXX-XXXXX`. */
  readonly code: string;
  private readonly claims = new ReadCache<Claim>(1, () => true);
  private readonly digest: Buffer;

  constructor(
    private readonly store: FirstUserStore,
    secret: string,
    private readonly isOffered: boolean,
  ) {
    const bytes = createHmac("sha256", secret).update("set-up code").digest();
    const letters = Array.from(bytes.subarray(0, CODE_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
    this.code = `${letters.slice(0, CODE_LENGTH / 2)}-${letters.slice(CODE_LENGTH / 2)}`;
    this.digest = digestOf(letters);
  }

  /** @param isHere called only while there is no user, because it may be costly */
  async way(isHere: () => boolean): Promise<FirstUserWay> {
    if (!this.isOffered) return "none";
    const claim = await this.claims.get("claim", () => this.store.claim());
    if (claim === "claimed") return "none";
    return claim === "empty" && isHere() ? "here" : "code";
  }

  /** Refuses a wrong proof before anything costly is done for it. The insert decides when several requests race. */
  async check(proof: Proof): Promise<void> {
    const isRight = proof.way === "code" ? this.isRight(proof.code) : proof.isHere;
    const way = await this.way(() => proof.way === "here" && proof.isHere);
    if (!isRight || way === "none" || (proof.way === "here" && way !== "here")) throw refusalOf(proof);
  }

  /** @returns `undefined` when the e-mail is taken */
  async create(user: NewUser, proof: Proof, address: string): Promise<User | undefined> {
    const made = await this.store.create(user, proof.way, address);
    this.forget();
    if (made === "late") throw refusalOf(proof);
    return made === "email_taken" ? undefined : made;
  }

  /** Call it when somebody may have become a superuser: the next call asks the database again. */
  forget(): void {
    this.claims.clear();
  }

  /** Compares in constant time. */
  private isRight(code: string): boolean {
    return timingSafeEqual(digestOf(lettersOf(code)), this.digest);
  }
}

const digestOf = (text: string) => createHmac("sha256", "set-up code").update(text).digest();

/** Reads a code as people type it: in any case, with or without its dash, and with letters that look like digits. */
const lettersOf = (text: string) => text.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");

const refusalOf = ({ way }: Proof) =>
  way === "code"
    ? invalidField(
        "setup_code",
        "This code is not right. The server prints the right one when it starts, as long as it has no admin.",
      )
    : invalidField(
        "first",
        "Use the set-up code that the server prints when it starts. Only the first account goes without it, on the server's own machine.",
      );
