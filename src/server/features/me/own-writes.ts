import type { OwnTurns } from "../../base/own-turns.ts";
import type { Bus } from "../../bus/bus.ts";

/** Writes to the users' own streams, and tells the nodes of them. */
export class OwnWrites {
  constructor(
    private readonly bus: Pick<Bus, "publish">,
    private readonly turns: OwnTurns,
  ) {}

  /**
   * Runs a write to the user's stream. All writes of a user wait for one lock. In turn, they do not hold more than one
   * connection of the database.
   */
  async run<Outcome extends { isChanged: boolean } | undefined>(
    userId: number,
    write: () => Promise<Outcome>,
  ): Promise<Outcome> {
    try {
      const outcome = await this.turns.run(userId, write);
      if (outcome?.isChanged) this.moved(userId);
      return outcome;
    } catch (error) {
      // The change may be committed, although its answer was lost.
      this.moved(userId);
      throw error;
    }
  }

  /** Tells the nodes that the user's stream may have moved. */
  moved(userId: number): void {
    this.bus.publish({ kind: "me", userId });
  }
}
