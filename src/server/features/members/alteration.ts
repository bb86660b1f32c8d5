import type { Change } from "../../log/changes.ts";
import type { Asked, EndedRequest } from "../requests/statements.ts";
import type { ConversationRecord } from "./group.ts";

/** A change of a group's name or members, as its actor wants it. */
export type Alteration =
  | { kind: "rename"; name: string | null }
  /** Null: the group has no picture from now on. */
  | { kind: "picture"; picture: string | null }
  /**
   * `by`: the person to name as who did it, when it is not the actor. `toAsk`: those of `userIds` who must agree first;
   * without it the outcome may be `look`. People who left by themselves must agree too.
   */
  | { kind: "add"; userIds: number[]; toAsk?: ReadonlySet<number>; max: number; by?: number }
  | { kind: "remove"; userId: number }
  /** A person agrees to a request of the actor. */
  | { kind: "accept"; userId: number; requestId: string; max: number };

export interface Altered {
  kind: "done";
  /** `undefined` when nothing had to change. */
  change: Change | undefined;
  /** The picture that another one has replaced. */
  dropped?: string;
  asked: Asked[];
  /** Requests that no longer need an answer. */
  ended: EndedRequest[];
  /** The group as it is after the change. */
  conversation: ConversationRecord;
}

export type AlterOutcome =
  | Altered
  /** Nobody can leave a 1-on-1, so it is hidden for the actor until a message comes after `lastSeq`. */
  | { kind: "hidden"; lastSeq: number }
  /** Some of the people to add may have to agree first, or do not exist. Find out, and try again with `toAsk`. */
  | { kind: "look" };
