import type { MayAddMe } from "../../../protocol/users.ts";
import type { ConversationStore } from "../../log/ports.ts";
import type { OwnTurns } from "./own-turns.ts";

/** The people that a person may name, and those of them who decide themselves. */
export interface Reached {
  unknown: number[];
  toAsk: ReadonlySet<number>;
}

/** Who may add whom to a conversation. */
export class Reach {
  constructor(
    private readonly store: Pick<ConversationStore, "known" | "sharing">,
    private readonly turns: OwnTurns,
    private readonly settings: { directory: "all" | "shared" },
  ) {}

  /** With DIRECTORY=shared, people with whom the actor shares no conversation are as unknown as those who don't exist. */
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
