import { join } from "node:path";
import { parseArgs } from "node:util";
import { cleanUpAll } from "../../support/cleanup.ts";
import { openPage } from "../../support/pages.ts";
import { spreadOf } from "../spread.ts";
import { frameTimes, LOAD_ALL, lateOf, OPEN_ALL, SCROLL, within } from "./in-the-page.ts";
import { type Line, startLine } from "./line.ts";
import { type Side, startSide } from "./side.ts";
import { visits } from "./visits.ts";

const HELP = `bun tests/bench/web/main.ts [visits] [open] [scroll] [--base CHECKOUT] [--rounds 5] [--messages 100000]

Measures the web client in Chromium, all of it or some of it:
  visits  when the page can be used on a phone of the middle class: 4 × slower, 150 ms, 1.6 Mbit/s; at the first visit
          and at later ones, each in a new process of the browser
  open    opening conversations of the list, from the click to the paint, at the first time and again
  scroll  how long older messages take to load until the first one is there, and the frames while all are scrolled through

  --base CHECKOUT  measures another checkout in turn with this one, and prints ratios
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    base: { type: "string" },
    rounds: { type: "string", default: "5" },
    messages: { type: "string", default: "100000" },
    help: { type: "boolean", default: false },
  },
});
const say = (text: string) => void process.stdout.write(`${text}\n`);
if (values.help) {
  say(HELP);
  process.exit(0);
}
process.once("SIGINT", () => void cleanUpAll().finally(() => process.exit(130)));

const PHONE_LINE = { roundTripMs: 150, bitsPerSecond: 1_600_000 };
/** Later visits after each first one. */
const AGAIN = 2;
/** Pixels of a frame: as one reads, as one flicks, and as one drags the bar. */
const SPEEDS = [40, 400, 4_000];

const total = Number(values.messages);
const rounds = Number(values.rounds);
const wanted = (name: string) => positionals.length === 0 || positionals.includes(name);
const checkouts = values.base === undefined ? [] : [["base", values.base] as const];
const sides: Side[] = [];
for (const [name, checkout] of [...checkouts, ["head", join(import.meta.dir, "../../..")] as const])
  sides.push(await startSide(name, checkout, total));

/** The figures of a side, by what was measured. */
type Figures = Map<string, number[]>;
const figures = new Map(sides.map(({ name }): [string, Figures] => [name, new Map()]));
function note(side: Side, what: string, ...values: number[]) {
  const own = figures.get(side.name);
  own?.set(what, [...(own.get(what) ?? []), ...values]);
}

const lines = new Map<Side, Line>();
if (wanted("visits")) for (const side of sides) lines.set(side, await startLine(side.url, PHONE_LINE));
for (let round = 0; round < rounds; round++)
  for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
    const line = lines.get(side);
    if (line) await measureVisits(side, line);
    if (wanted("open")) await measureOpening(side);
    if (wanted("scroll")) await measureScrolling(side);
  }
report();
await cleanUpAll();
process.exit(0);

async function measureVisits(side: Side, line: Line) {
  const { first, again } = await visits(side, line, AGAIN);
  note(side, "first visit, usable after ms", first.usable);
  note(side, "first visit, kB until then", first.bytes / 1000);
  note(side, "later visit, usable after ms", ...again.map(({ usable }) => usable));
  note(side, "later visit, kB until then", ...again.map(({ bytes }) => bytes / 1000));
  note(side, "first visit, CPU of the page until then, ms", first.cpu);
  note(side, "later visit, CPU of the page until then, ms", ...again.map(({ cpu }) => cpu));
  say(
    `${side.name}: usable after ${Math.round(first.usable)} ms, again ${again.map((one) => Math.round(one.usable))} ms`,
  );
}

async function measureOpening(side: Side) {
  const { page, close } = await openPage(side.ann, `/c/${side.id}`);
  await page.waitForSelector(".message-last");
  await page.waitForTimeout(2_000);
  for (const when of ["first", "again"]) {
    const times = await page.evaluate<number[]>(OPEN_ALL(side.others));
    note(side, `opening, ${when}, median ms`, within(times, 0.5));
    note(side, `opening, ${when}, p95 ms`, within(times, 0.95));
    say(`${side.name}: ${times.length} opened, ${when}: ${times.map((ms) => ms.toFixed(0)).join(" ")}`);
  }
  await close();
}

async function measureScrolling(side: Side) {
  const { page, close } = await openPage(side.ann, `/c/${side.id}`);
  page.setDefaultTimeout(300_000);
  await page.waitForSelector(".message-last");
  const { ms } = await page.evaluate<{ ms: number }>(LOAD_ALL);
  note(side, "loading all messages, s", ms / 1000);
  note(side, "memory then, MiB", (await page.evaluate<number>("performance.memory.usedJSHeapSize")) / 2 ** 20);
  for (const pixels of SPEEDS) {
    const times = await page.evaluate<number[]>(SCROLL(pixels));
    note(side, `late frames at ${pixels} px a frame`, lateOf(times));
    say(`${side.name}: ${pixels} px a frame: ${frameTimes(times)}`);
  }
  await close();
}

function report() {
  const [base] = sides.length > 1 ? sides : [];
  for (const what of figures.get("head")?.keys() ?? []) {
    const of = (name: string) => spreadOf(figures.get(name)?.get(what) ?? []);
    const [head, before] = [of("head"), base && of(base.name)];
    const shown = (spread: ReturnType<typeof of>) =>
      spread ? `${round(spread.median)} (${round(spread.min)}–${round(spread.max)})` : "";
    const ratio = head && before && before.median > 0 ? `, ${(head.median / before.median).toFixed(2)} ×` : "";
    say(`${what}: ${before ? `base ${shown(before)}, head ` : ""}${shown(head)}${ratio}`);
  }
}

function round(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(1);
}
