import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { linePlot } from "../plot.ts";
import type { Curve, CurveName } from "./curves.ts";
import type { Measured } from "./measure.ts";

const FOLDER = join(import.meta.dir, "../../../docs/performance");

const OF_PEOPLE = ["search for a person", "list of people"];

const LABELS: Record<CurveName, { title: string; x: string; note: string }> = {
  members: {
    title: "Members of a conversation",
    x: "members",
    note: "A group with 1,000 messages. The shown part of the members is full from 100 on. One of the members has a socket open, whatever the size; the fan-out measures deliveries to many sockets.",
  },
  messages: {
    title: "Messages in a conversation",
    x: "messages",
    note: "A group of 60. Pages and replays are full from 100 on.",
  },
  conversations: {
    title: "Conversations on the server",
    x: "conversations",
    note: "Groups of three with ten messages each, among a fifth as many people (and 1,000 more). All operations run in a group of 60 with 1,000 messages, by a user with ten conversations. The list of people counts them (`meta.total`), and their search looked at each of them. Both grow with the people on the server, by some 0.1 and 0.9 ms for each thousand, and with nothing else. Since these measurements, an index answers a search that fits 10,000 people or fewer.",
  },
  own: {
    title: "Conversations of one user",
    x: "conversations of the user",
    note: "Groups of five with 20 messages each, on a server with 2,000 others. A send writes nothing for each member. So the server finds the newest conversations of a user by looking at all of them, each by its key. A list of 20 grows by three pages, some 1 µs, with each conversation of the user. A socket for all conversations follows each of them, 22 µs apiece.",
  },
};

/** Puts what was measured into docs/performance/, beside the curves that were measured earlier. */
export async function writeReport(curves: Curve[]): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, "growth.json");
  const earlier: Curve[] = existsSync(file) ? await Bun.file(file).json() : [];
  const isNew = (old: Curve) => curves.some((curve) => curve.name === old.name && curve.statistics === old.statistics);
  const all = [...earlier.filter((old) => !isNew(old)), ...curves];
  await Bun.write(file, `${JSON.stringify(all.map(rounded))}\n`);
  const names: CurveName[] = ["members", "messages", "conversations", "own"];
  const fresh = names.flatMap((name) => all.filter((curve) => curve.name === name && curve.statistics === "fresh"));
  for (const curve of fresh) {
    for (const { file, names } of picturesOf(curve)) {
      await Bun.write(join(FOLDER, `${file}-time.svg`), plot(curve, names, "ms", "median time, ms"));
      await Bun.write(join(FOLDER, `${file}-pages.svg`), plot(curve, names, "pages", "pages that PostgreSQL touches"));
    }
  }
  const stale = all.filter((curve) => curve.statistics === "stale");
  await Bun.write(join(FOLDER, "growth.md"), `${HEAD}\n${fresh.map(section).join("\n")}${staleSection(stale)}`);
}

const HEAD = `# How it grows

The cost of a message and a page while everything around them grows. It is measured by \`bun tests/bench/growth/main.ts --write\`, which starts
PostgreSQL, Redis and one node, fills the tables, and asks by HTTP and WebSocket, one call after the other, 60 times
each. *Time* is the median until the answer is there. Everything runs on one machine, so it shows the shape and is not a
promise. *CPU* is that of the node, PostgreSQL and Redis together. *Pages* count how often PostgreSQL touches a page of
a table or an index. They are about the same in every run, and grow when a statement looks through many rows. An index becomes one page
higher with about each hundredfold, so a few pages more are logarithmic growth. \`tests/contracts/growth.test.ts\` fails when the growth is larger.
`;

/** Costs that grow with the people on the server get a picture of their own: beside them all others look like zero. */
function picturesOf(curve: Curve): { file: string; names: string[] }[] {
  const all = operationsOf(curve);
  const isOfPeople = (name: string) => OF_PEOPLE.includes(name);
  const main = { file: `growth-${curve.name}`, names: all.filter((name) => !isOfPeople(name)) };
  const ofPeople = { file: `growth-${curve.name}-people`, names: all.filter(isOfPeople) };
  return ofPeople.names.length > 0 ? [main, ofPeople] : [main];
}

function plot(curve: Curve, names: string[], of: "ms" | "pages", yLabel: string): string {
  const { title, x: xLabel } = LABELS[curve.name];
  const series = names.map((name) => ({
    name: perItem(curve, name) ? `${name}, per conversation` : name,
    points: curve.points.flatMap(({ x, measured }): [number, number][] => {
      const found = measured.find((one) => one.name === name);
      return found ? [[x, found[of] / (perItem(curve, name) ? x : 1)]] : [];
    }),
  }));
  return linePlot({ title, xLabel, yLabel, logX: true, series });
}

/** A call for everything returns more as more is there. Only the cost of each item can stay flat. */
const perItem = (curve: Curve, name: string) =>
  curve.name === "own" && (name === "list of all" || name === "connect to all");

const operationsOf = (curve: Curve) => curve.points.at(-1)?.measured.map((one) => one.name) ?? [];

function section(curve: Curve): string {
  const { title, note } = LABELS[curve.name];
  const xs = curve.points.map(({ x }) => x.toLocaleString("en"));
  const rows = operationsOf(curve).map((name) => {
    const each = curve.points.map(({ measured }) => measured.find((one) => one.name === name));
    return `| ${name} | ${each.map((one) => (one ? cell(one) : "")).join(" | ")} |`;
  });
  return `## ${title}

${note}

${picturesOf(curve)
  .flatMap(({ file }) => [`![${title}: time](${file}-time.svg)`, `![${title}: pages](${file}-pages.svg)`])
  .join("\n")}

| ms · CPU ms · pages | ${xs.join(" | ")} |
|---|${"---|".repeat(xs.length)}
${rows.join("\n")}
`;
}

const cell = ({ ms, cpuMs, pages }: Measured) => `${ms.toFixed(2)} · ${cpuMs.toFixed(2)} · ${pages.toFixed(0)}`;

function staleSection(curves: Curve[]): string {
  if (curves.length === 0) return "";
  const rows = curves.flatMap((curve) => {
    const [first, last] = [curve.points.find(({ x }) => x >= 100), curve.points.at(-1)];
    return (last?.measured ?? []).map((one) => {
      const before = first?.measured.find(({ name }) => name === one.name);
      return `| ${LABELS[curve.name].x} ${first?.x} → ${last?.x} | ${one.name} | ${before?.pages.toFixed(0)} → ${one.pages.toFixed(0)} |`;
    });
  });
  return `
## With plans made when there was little

The same without a word to the planner of what has come meanwhile: it never heard how much there is.

| growth | | pages |
|---|---|---|
${rows.join("\n")}
`;
}

const rounded = (curve: Curve): Curve => ({
  ...curve,
  points: curve.points.map(({ x, measured }) => ({
    x,
    measured: measured.map(({ name, ms, cpuMs, pages, statements }) => ({
      name,
      ms: round(ms),
      cpuMs: round(cpuMs),
      pages: round(pages),
      statements: round(statements),
    })),
  })),
});
const round = (value: number) => Math.round(value * 1000) / 1000;
