import { type Bus, type BusEvent, followersOf } from "./bus.ts";

type Handler = (event: BusEvent) => void;

interface Member {
  handler: Handler;
  subscriptions: Set<string>;
}

/** One for all: a socket subscribes to a thousand conversations at once. */
const DONE = Promise.resolve();

/** The bus of nodes in one process: one node when it serves, two or more in tests. */
export class InProcessExchange {
  private readonly members = new Set<Member>();

  connect(): Bus {
    const member: Member = { handler: () => {}, subscriptions: new Set() };
    this.members.add(member);
    return {
      publish: (event) => {
        member.handler(event);
        for (const other of this.members)
          if (other !== member && wants(other, event)) queueMicrotask(() => other.handler(event));
      },
      onEvent: (handler) => {
        member.handler = handler;
      },
      onDoubt() {},
      isSure: true,
      subscribe: (conversationId) => {
        member.subscriptions.add(conversationId);
        return DONE;
      },
      unsubscribe: (conversationId) => {
        member.subscriptions.delete(conversationId);
      },
      close: async () => {
        this.members.delete(member);
      },
    };
  }
}

function wants(member: Member, event: BusEvent): boolean {
  const followed = followersOf(event);
  return followed === undefined || member.subscriptions.has(followed);
}
