import type { Answer, Client } from "../../support/client.ts";
import type { Node } from "./cluster.ts";
import { leavesOpen } from "./device.ts";
import type { History, Operation } from "./history.ts";
import type { Machine } from "./machine.ts";
import type { Random } from "./random.ts";

/** In the machine's time. */
const HTTP_WITHIN_MS = 12_000;

/** Sends one user's requests over HTTP, and records the results. */
export class Caller {
  constructor(
    readonly id: number,
    readonly client: Client,
    readonly nodes: readonly Node[],
    private readonly history: History,
    readonly machine: Machine,
  ) {}

  began(conversation: string, node: Node) {
    return {
      person: this.id,
      conversation,
      node: node.index,
      invokedAt: performance.now(),
      endedAt: 0,
      outcome: "unknown" as const,
    };
  }

  anyNode(random: Random): Node {
    return random.pick(this.nodes);
  }

  async request(
    operation: Operation,
    node: Node,
    ask: (client: Client) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    this.history.operations.push(operation);
    const answer = await this.within(ask(this.client.at(node.url)));
    operation.endedAt = performance.now();
    if (!answer) operation.why = "no answer";
    else if (answer.status < 300) operation.outcome = "ok";
    else {
      operation.why = String(answer.body?.code ?? answer.status);
      operation.outcome = leavesOpen(operation.why) || answer.status >= 500 ? "unknown" : "fail";
    }
    return answer;
  }

  /** `undefined`: there was no answer in time. */
  within(asked: Promise<Answer>): Promise<Answer | undefined> {
    return this.machine.within(
      HTTP_WITHIN_MS,
      asked.catch(() => undefined),
    );
  }
}
