import { type BenchNode, startBenchNode } from "./bench-node.ts";
import { type Measured, measure } from "./measure.ts";
import { ofConversation, ofServer, ofUser, type Place } from "./operations.ts";

/** The size that grows. */
export type CurveName = "members" | "messages" | "conversations" | "own";

/** `fresh`: as autovacuum keeps them. `stale`: the server chose its plans when there was almost nothing, and keeps them. */
export type Statistics = "fresh" | "stale";

export interface Curve {
  name: CurveName;
  statistics: Statistics;
  points: { x: number; measured: Measured[] }[];
}

interface Plan {
  /** From the smallest on. */
  sizes: number[];
  makes: typeof ofConversation;
  /** How many conversations Ann has from the start, beside the one in which everything is tried first. */
  own: number;
  /** Returns what lets it grow, and says where to measure then. */
  start(node: BenchNode): (size: number) => Promise<Place>;
}

const STRANGERS = 1_000;
/** Calls of each operation before the first that counts. */
const WARM_UP = 40;
/** More than are shown with a conversation, so that each who is added adds no one to what is shown. */
const GROUP = 60;
const MESSAGES = 1_000;

export const plans: Record<CurveName, Plan> = {
  members: {
    sizes: [2, 10, 100, 1_000, 10_000],
    makes: ofConversation,
    own: 20,
    start: (node) => (size) => makeGroup(node, size, MESSAGES),
  },
  messages: {
    sizes: [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000],
    makes: ofConversation,
    own: 20,
    start: (node) => (size) => makeGroup(node, GROUP, size),
  },
  conversations: {
    sizes: [10, 100, 1_000, 10_000, 100_000],
    makes: ofServer,
    own: 8,
    start(node) {
      let place: Place | undefined;
      let there = 10;
      let crowd: number[] = [];
      return async (size) => {
        place ??= await makeGroup(node, GROUP, MESSAGES);
        // Every fifth conversation brings somebody new.
        crowd = [...crowd, ...(await node.addUsers(2 + Math.ceil((size - there) / 5)))];
        await node.seeder.groups(size - there, [], crowd, 10);
        there = size;
        return place;
      };
    },
  },
  own: {
    sizes: [10, 30, 100, 300, 1_000],
    makes: ofUser,
    own: 8,
    start(node) {
      let place: Place | undefined;
      let own = 10;
      return async (size) => {
        const crowd = await node.addUsers(100);
        if (!place) await node.seeder.groups(2_000, [], crowd, 20);
        place ??= await makeGroup(node, GROUP, MESSAGES);
        await node.seeder.groups(size - own, [node.ann.id, node.bob.id], crowd, 20);
        own = size;
        return place;
      };
    },
  },
};

/** Ann and Bob in a group of so many, with so many messages. */
async function makeGroup(node: BenchNode, members: number, messages: number): Promise<Place> {
  const others = await node.crowd(members - 2);
  const conversationId = await node.seeder.group([node.ann.id, node.bob.id, ...others]);
  await node.seeder.messages(conversationId, node.ann.id, messages);
  return { conversationId, strangers: [...node.strangers] };
}

/** Starts everything anew, lets it grow from point to point, and measures at each. */
export async function runCurve(
  name: CurveName,
  options: { statistics: Statistics; calls: number; maxSize: number; say: (text: string) => void },
): Promise<Curve> {
  const { statistics, calls, maxSize, say } = options;
  const plan = plans[name];
  const node = await startBenchNode(STRANGERS);
  const points: Curve["points"] = [];
  try {
    const others = await node.crowd(GROUP);
    await node.seeder.groups(plan.own, [node.ann.id, node.bob.id, ...others.slice(5)], others.slice(0, 5), 20);
    // A node that has just started is slow for another reason than its size.
    const first = await makeGroup(node, GROUP, MESSAGES);
    for (const make of plan.makes) await measure(node, await make(node, first), WARM_UP);
    const to = plan.start(node);
    for (const x of plan.sizes.filter((size) => size <= maxSize)) {
      const place = await to(x);
      if (statistics === "fresh") await node.seeder.analyze();
      await node.seeder.settle();
      const measured: Measured[] = [];
      for (const make of plan.makes) measured.push(await measure(node, await make(node, place), calls));
      points.push({ x, measured });
      say(`${name} ${x} (${statistics}): ${measured.map(brief).join(", ")}`);
    }
  } finally {
    await node.stop();
  }
  return { name, statistics, points };
}

const brief = ({ name, ms, pages }: Measured) => `${name} ${ms.toFixed(2)} ms ${pages.toFixed(1)} pages`;
