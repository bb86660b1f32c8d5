import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { afterAllFiles, cleanUpAll } from "../../support/cleanup.ts";
import { spawnServer } from "../../support/process.ts";
import { countCpu, quiet } from "../cpu.ts";
import { spreadOf } from "../spread.ts";
import { Services } from "../systems.ts";
import { table } from "../table.ts";
import { measureMemory } from "./memory.ts";
import { chatBesidePhotos, photoTimes } from "./photos.ts";
import { bareSide, confabSide, type How, type Side } from "./sides.ts";

const HELP = `bun tests/bench/files/main.ts [uploads downloads memory photos chat] [options]

Measures how Confab takes in, keeps and gives out files, in turn with a bare server that does nothing else. Both write to
the same disk. It starts PostgreSQL and Redis itself.

  --rounds N   how often each side is measured (5)
  --mb N       the size of a file (500)
  --quick      one round of 50 MB, for a first look
  --shm        writes to memory instead of the disk, which shows what the code alone costs
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    mb: { type: "string" },
    quick: { type: "boolean", default: false },
    shm: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const say = (text: string) => void process.stdout.write(`${text}\n`);
if (values.help) {
  say(HELP);
  process.exit(0);
}
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
const bytes = Number(values.mb ?? (values.quick ? 50 : 500)) * 1_000_000;
const isWanted = (name: string) => positionals.length === 0 || positionals.includes(name);

const folder = mkdtempSync(join(values.shm ? "/dev/shm" : tmpdir(), "confab-bench-files-"));
afterAllFiles(() => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void cleanUpAll().finally(() => process.exit(130)));
const home = await new Services().home("redis");
const environment = { ...home.environment, FILES: join(folder, "files"), MAX_FILE: "2GB", FILES_PER_USER: "off" };
const node = await spawnServer(environment);
const bareServer = await spawnServer(
  { FOLDER: join(folder, "bare") },
  { program: [process.execPath, "--no-env-file", join(import.meta.dir, "bare.ts")] },
);
afterAllFiles(async () => {
  for (const server of [node, bareServer]) server.kill("SIGTERM");
  await Promise.all([node.exited, bareServer.exited]);
});
const cookie = home.world.pairs[0]?.members[0]?.cookie ?? "";
const confab = confabSide(node.url, node.pid, cookie);
const bare = bareSide(bareServer.url, bareServer.pid);

interface Sample {
  /** MB a second. */
  rate: number;
  /** CPU time of the server, in seconds. */
  cpu: number;
}

async function timed(side: Side, work: () => Promise<unknown>, amount = bytes): Promise<Sample> {
  await quiet(2);
  const stop = countCpu({ server: [side.pid] });
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1_000;
  return { rate: amount / 1e6 / seconds, cpu: stop()?.server ?? Number.NaN };
}

const two = (value: number) => value.toPrecision(3);
function shown(numbers: number[], digits = two): string {
  const spread = spreadOf(numbers);
  return spread ? `${digits(spread.median)} (${digits(spread.min)}–${digits(spread.max)})` : "—";
}

/** Measures both sides in turn, and a line for the table. */
async function compared(name: string, measure: (side: Side) => Promise<Sample>): Promise<string[]> {
  const samples: { ours: Sample; theirs: Sample }[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = await measure(round % 2 === 0 ? bare : confab);
    const second = await measure(round % 2 === 0 ? confab : bare);
    samples.push(round % 2 === 0 ? { ours: second, theirs: first } : { ours: first, theirs: second });
  }
  const line = [
    name,
    shown(samples.map(({ ours }) => ours.rate)),
    shown(samples.map(({ theirs }) => theirs.rate)),
    shown(samples.map(({ ours, theirs }) => ours.rate / theirs.rate)),
    shown(samples.map(({ ours, theirs }) => ours.cpu / theirs.cpu)),
  ];
  say(line.join(" | "));
  return line;
}

const head = ["", "Confab, MB/s", "bare, MB/s", "Confab / bare", "CPU of the server, Confab / bare"];
const lines = [head];

for (const how of ["tus", "tus in parts", "post"] satisfies How[])
  if (isWanted("uploads"))
    lines.push(
      await compared(`upload, ${how}`, async (side) => {
        let path = "";
        const sample = await timed(side, async () => {
          path = await side.upload(how, bytes);
        });
        await side.remove(path);
        return sample;
      }),
    );

if (isWanted("downloads")) {
  const paths = new Map<Side, string>();
  for (const side of [bare, confab]) paths.set(side, await side.upload("tus", bytes));
  const reading =
    (range?: string, amount = bytes, times = 1) =>
    (side: Side) =>
      timed(
        side,
        async () => {
          for (let n = 0; n < times; n++) {
            const came = await side.download(paths.get(side) ?? "", range);
            if (came !== amount) throw new Error(`${side.name}: ${came} of ${amount} bytes came`);
          }
        },
        amount * times,
      );
  lines.push(await compared("download, whole", reading()));
  const half = Math.floor(bytes / 2);
  lines.push(await compared("download, the second half", reading(`bytes=${half}-${bytes - 1}`, bytes - half)));
  lines.push(await compared("download, 300 parts of 1 MB", reading("bytes=1000000-1999999", 1_000_000, 300)));
  for (const [side, path] of paths) await side.remove(path);
}
if (lines.length > 1) say(`\n${table(lines)}\n`);

if (isWanted("memory")) say(await measureMemory(environment, cookie));
if (isWanted("photos")) say(await photoTimes({ node, bareServer, cookie, rounds: rounds * 2 }));
if (isWanted("chat")) say(await chatBesidePhotos({ node, bareServer, cookie, rounds }, home.world));
await cleanUpAll();
process.exit(0);
