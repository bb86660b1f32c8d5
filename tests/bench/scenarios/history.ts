import { join } from "node:path";
import { countCpu } from "../cpu.ts";
import { Load } from "../load/load.ts";
import type { PagesAnswer } from "../load/pages.ts";
import type { Room } from "../people.ts";
import type { Run, Scenario } from "../scenario.ts";
import { pageOf, type System } from "../systems.ts";
import { beside } from "./beside.ts";
import { cpuOf, othersOf, seatsOf } from "./chat.ts";

const PAGES = [process.execPath, "--no-env-file", join(import.meta.dir, "../load/pages.ts")];

export const history: Scenario[] = [
  {
    name: "history",
    title: "history",
    about:
      "The newest 50 of 150 messages by HTTP over 32 connections ([autocannon](https://github.com/mcollina/autocannon)).",
    per: "request",
    isComparison: true,
    metrics: ["requests", "p50", "p99", "cpuServer", "cpuRedis", "cpuPostgres", "cpu"],
    goals: [{ metric: "requests", of: "ratio", atLeast: 0.6 }],
    async open(services, { seconds, warmUpSeconds }) {
      const filled = new Set<System>();
      return beside(services, async (system) => {
        const room = roomOf(system);
        if (!filled.has(system)) await fill(system, room);
        filled.add(system);
        await read(system, room, Math.ceil(warmUpSeconds));
        return read(system, room, seconds);
      });
    },
  },
];

function roomOf({ world: { pairs } }: System): Room {
  const [room] = pairs;
  if (!room) throw new Error("nobody is there");
  return room;
}

/** Sends 150 messages. */
export async function fill(system: System, room: Room): Promise<void> {
  const load = new Load();
  await load.connect(seatsOf(system, room, 0, 2));
  const { faults } = await load.run({ rate: 300, seconds: 0.5 });
  await load.stop();
  if (faults.length > 0) throw new Error(`the history can't be written: ${faults.join(", ")}`);
}

/** Reads the newest page again and again. */
export async function read(system: System, room: Room, seconds: number): Promise<Run> {
  const [node] = system.nodes;
  const [member] = room.members;
  if (!node || !member) throw new Error("nobody is there");
  const stopCounting = countCpu(system.parts);
  const child = Bun.spawn([...PAGES, pageOf(node, room), member.cookie, String(seconds)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const answer: PagesAnswer = JSON.parse(await new Response(child.stdout).text());
  // Its CPU time can be told from that of others only once it has ended.
  await child.exited;
  const spent = stopCounting();
  const { requests, p50, p99, failed } = answer;
  return {
    figures: { requests: requests / answer.seconds, p50, p99, ...cpuOf(spent, requests) },
    faults: failed === 0 ? [] : [`${failed} pages failed or were not what was first read`],
    ...othersOf(spent),
  };
}
