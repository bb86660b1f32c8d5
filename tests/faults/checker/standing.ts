import type { History, Operation, Send } from "./history.ts";
import { faultOf, type Write } from "./writes.ts";

/** The value of a deleted message. */
const GONE = "(deleted)";

interface Span {
  invokedAt: number;
  endedAt: number;
}

/** The things that the record alone tells at a moment: who is in a conversation, and what a message is. */
export class Standing {
  private readonly moves = new Map<string, Write[]>();
  private readonly amends = new Map<string, Write[]>();
  /** By message, each with its earliest ack. */
  private readonly sends = new Map<string, Send>();

  constructor(
    private readonly history: Pick<History, "places" | "threads" | "wentBack">,
    operations: readonly Operation[],
  ) {
    for (const operation of operations) {
      if (operation.kind === "members")
        for (const [person, value] of [
          [operation.added, "in"],
          [operation.removed, "out"],
        ] as const)
          if (person !== undefined) push(this.moves, `${operation.conversation} ${person}`, { ...operation, value });
      if (operation.kind === "amend")
        push(this.amends, operation.messageId, { ...operation, value: operation.content ?? GONE });
      if (operation.kind === "send" && operation.result) {
        const known = this.sends.get(operation.result.id);
        if (!known || known.endedAt > operation.endedAt) this.sends.set(operation.result.id, operation);
      }
    }
  }

  /** Whether somebody can have been a member at a moment of this time; `surely`: at each. */
  isIn(person: number, conversation: string, { invokedAt: from, endedAt: until }: Span, surely = false): boolean {
    const place = this.history.threads?.get(conversation) ?? conversation;
    const people = this.history.places?.get(place);
    if (!people) return !surely;
    if (!people.members.has(person)) return false;
    if (!people.movers.has(person)) return true;
    const moves = this.moves.get(`${place} ${person}`) ?? [];
    const can = (value: "in" | "out") => faultOf(moves, value, { initial: "in", from, until }) === undefined;
    return surely ? !can("out") : can("in");
  }

  /** The send of a message, by its earliest ack. */
  sendOf(messageId: string): Send | undefined {
    return this.sends.get(messageId);
  }

  /** Whether a message was acked before this time, and nobody tried to change it before its end. */
  isUntouched(messageId: string, { invokedAt, endedAt }: Span): boolean {
    const send = this.sends.get(messageId);
    if (!send || send.endedAt >= invokedAt || this.mayBeLost(send)) return false;
    return !(this.amends.get(messageId) ?? []).some((amend) => amend.outcome !== "fail" && amend.invokedAt <= endedAt);
  }

  /** Why a message can't have had this text at any moment of this time. */
  faultOfText(messageId: string, content: string, { invokedAt: from, endedAt: until }: Span): string | undefined {
    const send = this.sends.get(messageId);
    return send && faultOf(this.amends.get(messageId) ?? [], content, { initial: send.content, from, until });
  }

  /** Whether a message was deleted for sure before this time. */
  isDeleted(messageId: string, { invokedAt }: Span): boolean {
    return (this.amends.get(messageId) ?? []).some(
      ({ value, outcome, endedAt }) => value === GONE && outcome === "ok" && endedAt < invokedAt,
    );
  }

  /** A database that went back may not have it. */
  private mayBeLost({ invokedAt, endedAt }: Span): boolean {
    const { wentBack } = this.history;
    return wentBack !== undefined && endedAt >= wentBack.copiedAt && invokedAt < wentBack.bornAt;
  }
}

function push<T>(lists: Map<string, T[]>, key: string, item: T) {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}
