import { join } from "node:path";
import type { Message, MessagePage } from "../../../src/protocol/messages.ts";
import { countCpu } from "../cpu.ts";
import type { StormOrder, StormResult } from "../load/storm.ts";
import type { Room } from "../people.ts";
import type { Run, Scenario } from "../scenario.ts";
import { type System, socketOf } from "../systems.ts";
import { cpuOf, othersOf } from "./chat.ts";
import { fill, read } from "./history.ts";

const STORM = [process.execPath, "--no-env-file", join(import.meta.dir, "../load/storm.ts")];
const RATE = 1_000;
const EMOJI = ["👍", "🎉", "❤️", "👀", "🔥"];
/** As many as a page has. */
const MESSAGES = 50;

export const reactions: Scenario[] = [
  {
    name: "reactions",
    title: "page with reactions",
    about: `The newest ${MESSAGES} messages by HTTP, each with five reactions of two people, beside a page without any.`,
    per: "request",
    isComparison: true,
    metrics: ["requests", "p50", "p99", "cpuServer", "cpuPostgres", "cpu"],
    goals: [{ metric: "cpu", of: "ratio", atMost: 1.15 }],
    async open(services, { seconds, warmUpSeconds }) {
      const home = await services.home("redis");
      const system = await services.confab(home);
      const [liked, plain] = system.world.pairs;
      if (!liked || !plain) throw new Error("nobody is there");
      for (const room of [liked, plain]) await fill(system, room);
      await likeAll(system, liked);
      const measure = async (room: Room) => {
        await read(system, room, Math.ceil(warmUpSeconds));
        return read(system, room, seconds);
      };
      return {
        sides: [
          { name: "with reactions", measure: () => measure(liked) },
          { name: "without", measure: () => measure(plain) },
        ],
        async close() {
          await system.stop();
          home.remove();
        },
      };
    },
  },
  {
    name: "reactions",
    title: "storm of reactions",
    about: `${RATE} reactions a second to one message, from the 500 sockets of its room, which accept ranges. Then a client comes back that was away for all of it.`,
    per: "reaction",
    isComparison: false,
    metrics: ["rate", "p50", "p99", "frames", "resume", "cpuServer", "cpuRedis", "cpuPostgres", "cpu"],
    goals: [{ metric: "frames", of: "value", atMost: 50 }],
    async open(services, { seconds }) {
      const home = await services.home("redis");
      const system = await services.confab(home);
      return {
        sides: [{ name: "Confab", measure: () => storm(system, seconds) }],
        async close() {
          await system.stop();
          home.remove();
        },
      };
    },
  },
];

const addressOf = ({ nodes: [node] }: System) => node?.url ?? "";

/** Sends a request as a member of a room, and returns its `data`. */
async function call<T>(
  system: System,
  room: Room,
  who: number,
  method: string,
  path: string,
  body?: object,
): Promise<T> {
  const response = await fetch(`${addressOf(system)}/api/chat/conversations/${room.id}/${path}`, {
    method,
    headers: { Cookie: room.members[who]?.cookie ?? "", "Content-Type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  const { data } = (await response.json()) as { data: T };
  return data;
}

async function likeAll(system: System, room: Room) {
  const { messages } = await call<MessagePage>(system, room, 0, "GET", `messages/?limit=${MESSAGES}`);
  for (const { id } of messages)
    for (const [n, emoji] of EMOJI.entries())
      for (const who of n === 0 ? [0, 1] : [n % 2])
        await call(system, room, who, "PUT", `messages/${id}/reactions/${encodeURIComponent(emoji)}/`);
}

async function storm(system: System, seconds: number): Promise<Run> {
  const { group } = system.world;
  const [node] = system.nodes;
  if (!node) throw new Error("no node was started");
  const { id: messageId } = await call<Message>(system, group, 0, "POST", "messages/", { content: "Lunch?" });
  const order: StormOrder = {
    url: socketOf(node, group),
    cookies: group.members.map(({ cookie }) => cookie),
    messageId,
    rate: RATE,
    seconds,
  };
  const stopCounting = countCpu(system.parts);
  const child = Bun.spawn(STORM, { stdio: [Buffer.from(JSON.stringify(order)), "pipe", "inherit"] });
  const result: StormResult = JSON.parse(await new Response(child.stdout).text());
  await child.exited;
  const spent = stopCounting();
  const { sent, p50, p99, framesPerSecond: frames, resumeMs: resume, faults } = result;
  return {
    figures: { rate: sent / result.seconds, p50, p99, frames, resume, ...cpuOf(spent, sent) },
    faults,
    ...othersOf(spent),
  };
}
