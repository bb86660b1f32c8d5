import postgres from "postgres";
import { countCpu, type Spent } from "../cpu.ts";
import { Seeder } from "../growth/seed.ts";
import { Load } from "../load/load.ts";
import type { Run, Scenario } from "../scenario.ts";
import type { Home, System } from "../systems.ts";
import { cpuOf, othersOf } from "./chat.ts";

const MANY = 1_000;
const FEW = 10;
/** People who connect before anything is counted: code is compiled, and statements are planned. */
const WARM_UP = 20;
const PEOPLE = 40;
/** Work after the greeting counts as well. */
const AFTERMATH_MS = 500;

/** The cookies of people with as many conversations as the scenario says. */
interface Crowds {
  many: string[];
  few: string[];
}

export const connect: Scenario[] = [
  {
    name: "connect",
    title: "connect to all conversations",
    about: `${PEOPLE} people with ${MANY.toLocaleString("en")} conversations each connect to \`/ws/\`, one after the other: to a node where they have not been, and to one that they have just left. The cost of ${PEOPLE} people with ${FEW} conversations is taken off.`,
    per: "conversation",
    isComparison: false,
    metrics: ["cpuServer", "cpuRedis", "cpuPostgres", "cpu"],
    goals: [{ metric: "cpu", of: "value", atMost: 4 }],
    async open(services) {
      const home = await services.home("redis");
      const crowds = await seed(home);
      // A node keeps the lists of sockets that have closed, so each run has a node of its own.
      const onFresh = (measure: typeof connectFirst) => async () => {
        const system = await services.confab(home);
        return measure(system, crowds).finally(() => system.stop());
      };
      return {
        sides: [
          { name: "for the first time", measure: onFresh(connectFirst) },
          { name: "again", measure: onFresh(connectAgain) },
        ],
        close: async () => home.remove(),
      };
    },
  },
];

async function connectFirst(system: System, { many, few }: Crowds): Promise<Run> {
  await visit(system, [...many.slice(0, WARM_UP), ...few.slice(0, WARM_UP)]);
  return differenceOf(await visit(system, few.slice(WARM_UP)), await visit(system, many.slice(WARM_UP)));
}

async function connectAgain(system: System, { many, few }: Crowds): Promise<Run> {
  await visit(system, [...many, ...few]);
  return differenceOf(await visit(system, few.slice(WARM_UP)), await visit(system, many.slice(WARM_UP)));
}

function differenceOf(few: Spent | undefined, many: Spent | undefined): Run {
  if (!few || !many) return { figures: {}, faults: [] };
  const more = {
    server: many.server - few.server,
    redis: many.redis - few.redis,
    postgres: many.postgres - few.postgres,
    others: many.others,
  };
  return { figures: cpuOf(more, PEOPLE * (MANY - FEW)), faults: [], ...othersOf(more) };
}

/** Connects these people one after the other, and closes all their sockets. Returns what connecting has cost. */
async function visit(system: System, cookies: string[]): Promise<Spent | undefined> {
  const [node] = system.nodes;
  const load = new Load();
  try {
    const stopCounting = countCpu({ ...system.parts, load: load.pid });
    for (const cookie of cookies) await load.connect([{ url: `${node?.url}/ws/`, cookie, room: 0 }]);
    await Bun.sleep(AFTERMATH_MS);
    return stopCounting();
  } finally {
    await load.stop();
    await Bun.sleep(AFTERMATH_MS);
  }
}

/** Gives people their conversations. They have no messages, which the index of the search would have to read meanwhile. */
async function seed({ environment, world }: Home): Promise<Crowds> {
  const sql = postgres(environment["DATABASE_URL"] ?? "", { max: 1, onnotice: () => {} });
  try {
    const rows = await sql<{ id: number; email: string }[]>`SELECT id, email FROM users`;
    const ids = new Map(rows.map(({ id, email }) => [email, id]));
    const seeder = await Seeder.on(sql);
    const crowd = await seeder.users(rows.length + MANY);
    const give = async (from: number, conversations: number) => {
      const members = world.group.members.slice(from, from + WARM_UP + PEOPLE);
      for (const n of members.keys()) {
        const id = ids.get(`person${from + n}@example.com`);
        if (id !== undefined) await seeder.groups(conversations, [id], crowd, 0);
      }
      return members.map(({ cookie }) => cookie);
    };
    const crowds = { many: await give(0, MANY), few: await give(WARM_UP + PEOPLE, FEW) };
    await seeder.analyze();
    await seeder.settle();
    return crowds;
  } finally {
    await sql.end();
  }
}
