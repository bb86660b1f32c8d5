import type { Change } from "../../log/changes.ts";
import type { Asked, EndedRequest } from "../requests/statements.ts";

/** A change of a group's name or members, as its actor wants it. */
export type Alteration =
  | { kind: "rename"; name: string | null }
  /** `toAsk`: those of `userIds` who must agree first. People who left by themselves must agree too. */
  | { kind: "add"; userIds: number[]; toAsk?: ReadonlySet<number>; max: number }
  | { kind: "remove"; userId: number }
  /** A person agrees to a request of the actor. */
  | { kind: "accept"; userId: number; requestId: string; max: number };

export interface AlterOutcome {
  /** `undefined` when nothing had to change. */
  change: Change | undefined;
  asked: Asked[];
  /** Requests that no longer need an answer. */
  ended: EndedRequest[];
}
