import { fullNameOf } from "../../protocol/names.ts";
import type { User } from "../../protocol/users.ts";
import { ReadCache } from "../base/cache.ts";
import { SharedReads } from "../base/shared-reads.ts";
import type { Database } from "../platform/postgres/database.ts";

/** How a person is called today. */
export interface Name {
  readonly name: string;
  readonly email: string;
}
export type NamesById = ReadonlyMap<number, Name>;

export const namesOf = (people: readonly User[]): NamesById =>
  new Map(people.map(({ id, full_name: name, email }) => [id, { name, email }]));

/** The name of an account whose row is gone. */
export const DELETED: Name = { name: "Deleted user", email: "" };

const KEPT = 100_000;
/** How often names are read again because somebody was renamed meanwhile. */
const READS_MAX = 3;

/**
 * The names of today. Rows of messages have the names at the time of sending, which are never rewritten. A name is
 * remembered for 5 s at most, and forgotten as soon as the bus reports a change.
 */
export class Names {
  private isSure = () => true;
  private readonly known = new ReadCache<Name>(KEPT, () => this.isSure());
  private readonly reads = new SharedReads<number, Name>(String, (ids) => this.read(ids));
  private current = {};

  constructor(private readonly db: Pick<Database, "query">) {}

  /** Sets when changes of names may be missed. Then every call asks the database. */
  trustWhile(isSure: () => boolean): void {
    this.isSure = isSure;
  }

  /** Another object after every change of names. Texts with the names of an earlier one may show a name of yesterday. */
  get state(): object {
    return this.isSure() ? this.current : {};
  }

  /** The names of these users, as they are at some moment after the call. */
  async of(ids: ReadonlySet<number>): Promise<NamesById> {
    const wanted = [...ids];
    for (let reads = 1; ; reads++) {
      const { current } = this;
      const found = await Promise.all(wanted.map((id) => this.one(id)));
      // A client may have been told of the new name while the old one was on its way here.
      if (current === this.current || reads === READS_MAX)
        return new Map(wanted.map((id, i) => [id, found[i] ?? DELETED]));
    }
  }

  forget(userId: number): void {
    this.known.forget(String(userId));
    this.current = {};
  }

  /** Forgets all names. Call it when changes of some may have been missed. */
  clear(): void {
    this.known.clear();
    this.current = {};
  }

  private one(id: number): Promise<Name> {
    const read = async () => (await this.reads.get(id)) ?? DELETED;
    return this.isSure() ? this.known.get(String(id), read) : read();
  }

  private async read(ids: number[]): Promise<Map<string, Name>> {
    const rows = await this.db.query<{ id: number; email: string; first_name: string; last_name: string }>(NAMES, [
      ids,
    ]);
    return new Map(
      rows.map(({ id, email, first_name, last_name }) => [
        String(id),
        { name: fullNameOf(first_name, last_name), email },
      ]),
    );
  }
}

const NAMES = `SELECT u.id, u.email, u.first_name, u.last_name FROM unnest($1::integer[]) AS asked (id)
  CROSS JOIN LATERAL (SELECT * FROM users WHERE id = asked.id OFFSET 0) u`;
