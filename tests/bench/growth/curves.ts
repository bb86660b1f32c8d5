import { type BenchNode, startBenchNode } from "./bench-node.ts";
import { type Measured, measure } from "./measure.ts";
import { ofConversation, ofServer, ofUser, type Place } from "./operations.ts";

/** What grows. */
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
  /** Makes what stands before the first point. */
  start(node: BenchNode): Promise<Growing>;
}

interface Growing {
  place: Place;
  to(size: number): Promise<void>;
}

const STRANGERS = 1_000;
const CROWD = 20;
/** More than are shown with a conversation, so that each who is added adds no one to what is shown. */
const OTHERS = 58;

export const plans: Record<CurveName, Plan> = {
  members: {
    sizes: [2, 10, 100, 1_000, 10_000],
    makes: ofConversation,
    async start(node) {
      const growing = await startGroup(node, 0);
      await node.seeder.messages(growing.place.conversationId, node.ann.id, 1_000);
      let members = 2;
      return {
        ...growing,
        async to(size) {
          const crowd = await addUsers(node, size - members);
          await node.seeder.members(growing.place.conversationId, crowd);
          members = size;
        },
      };
    },
  },
  messages: {
    sizes: [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000],
    makes: ofConversation,
    async start(node) {
      const growing = await startGroup(node, OTHERS);
      const { conversationId } = growing.place;
      return { ...growing, to: (size) => node.seeder.messages(conversationId, node.ann.id, size) };
    },
  },
  conversations: {
    sizes: [10, 100, 1_000, 10_000, 100_000],
    makes: ofServer,
    async start(node) {
      const growing = await startGroup(node, OTHERS);
      await node.seeder.messages(growing.place.conversationId, node.ann.id, 1_000);
      let [there, crowd] = [1, await addUsers(node, CROWD)];
      await node.seeder.groups(8, [node.ann.id, node.bob.id], crowd, 20);
      there += 8;
      return {
        ...growing,
        async to(size) {
          // Every fifth conversation brings somebody new.
          crowd = [...crowd, ...(await addUsers(node, Math.ceil((size - there) / 5)))];
          await node.seeder.groups(size - there, [], crowd, 10);
          there = size;
        },
      };
    },
  },
  own: {
    sizes: [10, 30, 100, 300, 1_000],
    makes: ofUser,
    async start(node) {
      const growing = await startGroup(node, OTHERS);
      await node.seeder.messages(growing.place.conversationId, node.ann.id, 1_000);
      const crowd = await addUsers(node, 1_000);
      await node.seeder.groups(2_000, [], crowd, 20);
      let own = 1;
      return {
        ...growing,
        async to(size) {
          await node.seeder.groups(size - own, [node.ann.id, node.bob.id], crowd, 20);
          own = size;
        },
      };
    },
  },
};

/** Ann and Bob in a group with others, and people whom they may add. */
async function startGroup(node: BenchNode, others: number): Promise<Growing> {
  const crowd = await addUsers(node, others);
  const conversationId = await node.seeder.group([node.ann.id, node.bob.id, ...crowd]);
  const strangers = await addUsers(node, STRANGERS);
  return { place: { conversationId, strangers }, to: async () => {} };
}

async function addUsers(node: BenchNode, count: number): Promise<number[]> {
  const [row] = await node.sql<{ count: number }[]>`SELECT count(*)::int AS count FROM users`;
  return node.seeder.users((row?.count ?? 0) + count);
}

/** Starts everything anew, lets it grow from point to point, and measures at each. */
export async function runCurve(
  name: CurveName,
  options: { statistics: Statistics; calls: number; maxSize: number; say: (text: string) => void },
): Promise<Curve> {
  const { statistics, calls, maxSize, say } = options;
  const plan = plans[name];
  const node = await startBenchNode();
  const points: Curve["points"] = [];
  try {
    const { place, to } = await plan.start(node);
    for (const x of plan.sizes.filter((size) => size <= maxSize)) {
      await to(x);
      if (statistics === "fresh") await node.seeder.analyze();
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
