import type { MayAddMe } from "../../../protocol/users.ts";
import type { OwnTurns } from "../../base/own-turns.ts";
import type { ConversationsStore } from "./store.ts";

/** The people whom a user wants to add. */
export interface Reached {
  /** Ids that do not exist, and ids of people whom the user may not know of. */
  unknown: number[];
  /** People who must agree first. */
  toAsk: ReadonlySet<number>;
}

/** Decides who may add whom to a conversation. */
export class Reach {
  constructor(
    private readonly store: Pick<ConversationsStore, "known" | "sharing">,
    private readonly turns: OwnTurns,
    private readonly settings: { directory: "all" | "shared" },
  ) {}

  /** Whether everybody is known to everybody. */
  get isOpen(): boolean {
    return this.settings.directory === "all";
  }

  /** With DIRECTORY=shared, people who share no conversation with the actor are as unknown as people who do not exist. */
  async of(actorId: number, ids: readonly number[]): Promise<Reached> {
    const others = ids.filter((id) => id !== actorId);
    const isClosed = this.settings.directory === "shared";
    const near = isClosed ? await this.sharing(actorId, others) : undefined;
    const known = new Map<number, MayAddMe>();
    for (const { id, mayAddMe } of await this.store.known(near ? others.filter((id) => near.has(id)) : others))
      known.set(id, mayAddMe);
    const picky = others.filter((id) => known.get(id) === "shared");
    const sharing = near ?? (await this.sharing(actorId, picky));
    const decides = (id: number) => known.get(id) === "nobody" || (known.get(id) === "shared" && !sharing.has(id));
    return { unknown: others.filter((id) => !known.has(id)), toAsk: new Set(others.filter(decides)) };
  }

  private async sharing(actorId: number, ids: number[]): Promise<Set<number>> {
    return ids.length === 0 ? new Set() : this.turns.run(actorId, () => this.store.sharing(actorId, ids));
  }
}
