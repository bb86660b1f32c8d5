import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAllFiles, cleanUpAll } from "../tests/support/cleanup.ts";
import { embeddedTemplate, SHARED_TEMPLATE } from "../tests/support/modes.ts";
import { postgresPrograms, SHARED_POSTGRES, startPostgres } from "../tests/support/postgres.ts";

// `bun run test` runs all tests. Most of them wait more than they compute, so their files run side by side. Files that
// must be alone come next, one after the other. Files that need a browser come last, fewer at once. A process runs some
// files in turn, because each process loads the server and starts a browser of its own. Arguments select tests, which
// then run in one process: `bun run test tests/http -t "a name"`.

const ROOT = join(import.meta.dir, "..");
const SIDE_BY_SIDE = 4;
/** A page that waits for its turn runs out of patience, as a person would. */
const BROWSERS_SIDE_BY_SIDE = 2;
/** With more files in one process, a process that breaks would take more tests with it. */
const FILES_IN_A_PROCESS = 6;
/**
 * When the run begins no further process, in seconds of Unix time. Files without a turn are named and count as skipped.
 * CI sets it, because a run that CI cuts off tells nothing.
 */
const UNTIL = Number(process.env["TEST_UNTIL"] ?? Number.POSITIVE_INFINITY);
/** A process that still runs this long after `UNTIL` is ended, and counts as a failure. */
const GRACE_MS = 20 * 60_000;
/** The longest delay of a timer. */
const TIMER_MS_MAX = 2 ** 31 - 1;
/**
 * This file has the duration of each test file, in ms. Files are shared out so that processes take about as long as one
 * another, and the longest begin first. Measure anew with `bun test --timings=tests/timings.json --update-timings FILE…`.
 */
const TIMINGS = "tests/timings.json";
/** The duration of a file without an entry, in ms. */
const USUAL_MS = 5_000;
/**
 * Files that need the machine for themselves. Some prove nothing on a busy machine, some measure it, and some need
 * Redis to answer in time.
 */
const ALONE = [
  "tests/contracts/counters.test.ts",
  "tests/faults/checker/checker.test.ts",
  "tests/faults/checker/planted.test.ts",
  "tests/faults/clock.test.ts",
  "tests/faults/many-sockets.test.ts",
  "tests/hostile/abuse.test.ts",
  "tests/hostile/connect-close.test.ts",
  "tests/nodes/two-nodes.test.ts",
];

/** At most this many files run again, of some hundreds: those with failures, and all of a process that broke. */
const AGAIN_MOST = 16;

/**
 * The place of temporary folders: in memory, where that has room. The tests copy hundreds of databases of 8 to 40 MB.
 * On a disk each copy costs up to a second of the processor.
 */
const MEMORY = "/dev/shm";
const MEMORY_LEAST = 8 * 2 ** 30;

const folder = mkdtempSync(join(hasRoom(MEMORY) ? MEMORY : tmpdir(), "confab-tests-"));
// PostgreSQL runs as another user.
chmodSync(folder, 0o1777);
process.env["TMPDIR"] = folder;
afterAllFiles(() => rmSync(folder, { recursive: true, force: true }));
const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupt.abort());
const endMs = UNTIL * 1000 - Date.now() + GRACE_MS;
if (endMs < TIMER_MS_MAX) setTimeout(() => interrupt.abort(), endMs).unref();
const isOver = () => Date.now() / 1000 >= UNTIL;

const args = process.argv.slice(2);
const parts = await (args.length > 0 ? test(args).then((part) => [part]) : testAll()).finally(cleanUpAll);
const sum = (count: "passed" | "failed" | "skipped") => parts.reduce((all, part) => all + part[count], 0);
for (const { text } of parts.flatMap((part) => part.failures)) process.stdout.write(`\n${text}\n`);
if (args.length === 0)
  process.stdout.write(`\n${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped\n`);
process.exit(sum("failed") === 0 ? 0 : 1);

interface Totals {
  files: string[];
  /** The process failed outside the tests: it crashed, say, or an error came after the test that caused it. */
  isBroken: boolean;
  passed: number;
  failed: number;
  skipped: number;
  /** Printed again at the end, because thousands of lines may lie between a failure and the totals. */
  failures: Failed[];
}

interface Failed {
  /** Empty: the failure belongs to no file. */
  file: string;
  text: string;
}

async function testAll(): Promise<Totals[]> {
  const files = [...new Bun.Glob("tests/**/*.test.ts").scanSync(ROOT)];
  for (const file of ALONE) if (!files.includes(file)) throw new Error(`there is no ${file}`);
  const isAlone = (file: string) => ALONE.includes(file);
  const isInBrowser = (file: string) => file.startsWith("tests/browser/");
  const [alone, together] = [files.filter(isAlone), files.filter((file) => !isAlone(file))];
  const [inBrowser, others] = [together.filter(isInBrowser), together.filter((file) => !isInBrowser(file))];
  const shared = await startShared();
  const parts = [
    ...(await sideBySide(SIDE_BY_SIDE, others, shared)),
    ...(await sideBySide(1, alone, shared)),
    ...(await sideBySide(BROWSERS_SIDE_BY_SIDE, inBrowser, shared)),
  ];
  return again(parts, shared);
}

/** Runs files in `count` processes at once. A process that ends is followed by one for the next files. */
async function sideBySide(count: number, files: string[], shared: Record<string, string>): Promise<Totals[]> {
  const waiting = sharedOut(files);
  const parts: Totals[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      parts.push(isOver() ? skip(next) : await test(next, shared));
  };
  await Promise.all(Array.from({ length: count }, work));
  return parts;
}

function skip(files: string[]): Totals {
  for (const file of files) process.stdout.write(`SKIPPED: ${file}, the time for this run is over\n`);
  return { files, isBroken: false, passed: 0, failed: 0, skipped: 0, failures: [] };
}

/** Groups of files that take about as long as one another. The longest group is the first. */
function sharedOut(files: string[]): string[][] {
  const { files: timings } = JSON.parse(readFileSync(join(ROOT, TIMINGS), "utf8")) as { files: Record<string, number> };
  const groups = Array.from({ length: Math.ceil(files.length / FILES_IN_A_PROCESS) }, () => ({
    ms: 0,
    files: [] as string[],
  }));
  const timed = files.map((file) => ({ file, ms: timings[file] ?? USUAL_MS })).sort((a, b) => b.ms - a.ms);
  for (const { file, ms } of timed) {
    const shortest = groups.reduce((least, group) => (group.ms < least.ms ? group : least));
    shortest.files.push(file);
    shortest.ms += ms;
  }
  return groups.sort((a, b) => b.ms - a.ms).map((group) => group.files);
}

/**
 * Runs files with failures once more, one process after the other, now that the machine has nothing else to do. A test that
 * passes then is printed as flaky and does not fail the run. Mend such a test, because it hides real faults. When more
 * than `AGAIN_MOST` files fail, that is no coincidence, and none runs again.
 */
async function again(parts: Totals[], shared: Record<string, string>): Promise<Totals[]> {
  const files = new Set(parts.flatMap(toRunAgain));
  if (files.size === 0 || files.size > AGAIN_MOST || interrupt.signal.aborted) return parts;
  if (Date.now() > UNTIL * 1000 + GRACE_MS / 2) return parts;
  const results: Totals[] = [];
  for (const part of parts) {
    const failed = toRunAgain(part);
    results.push(failed.length > 0 ? merged(part, await test(failed, shared)) : part);
  }
  return results;
}

function toRunAgain({ isBroken, files, failures }: Totals): string[] {
  return isBroken ? files : [...new Set(failures.map(({ file }) => file))];
}

/** The totals of a part after some of its files have run again. */
function merged(part: Totals, second: Totals): Totals {
  for (const { text } of part.failures)
    if (!second.failures.some((other) => headOf(other.text) === headOf(text)))
      process.stdout.write(`\n(flaky: passed when run again) ${text}\n`);
  if (part.isBroken) return second;
  const { failed, failures, isBroken } = second;
  return { ...part, isBroken, passed: part.passed + part.failed - failed, failed, failures };
}

function headOf(text: string) {
  return text.split("\n", 1)[0];
}

/** Slow services start once for all processes. Each test has a database of its own there. */
async function startShared(): Promise<Record<string, string>> {
  const template = { [SHARED_TEMPLATE]: await embeddedTemplate() };
  if (!postgresPrograms()) return template;
  const postgres = await startPostgres({ max_connections: String(300 * SIDE_BY_SIDE) });
  return { ...template, [SHARED_POSTGRES]: postgres.url("postgres") };
}

/** Runs `bun test`. A fault outside the tests counts as a failure: a file that can't be loaded, or an interrupt. */
async function test(what: string[], environment: Record<string, string> = {}): Promise<Totals> {
  if (interrupt.signal.aborted)
    return {
      files: what,
      isBroken: false,
      passed: 0,
      failed: 1,
      skipped: 0,
      failures: [{ file: "", text: `interrupted before ${what.join(", ")}` }],
    };
  const report = join(mkdtempSync(join(folder, "report-")), "junit.xml");
  const tests = Bun.spawn(
    [process.execPath, "test", "--timeout", "60000", "--reporter=junit", `--reporter-outfile=${report}`, ...what],
    {
      cwd: ROOT,
      env: { ...process.env, ...environment },
      stdio: ["inherit", "inherit", "inherit"],
      signal: interrupt.signal,
    },
  );
  const code = await tests.exited;
  const results = existsSync(report) ? readFileSync(report, "utf8") : "";
  const [head = ""] = /<testsuites [^>]+>/.exec(results) ?? [];
  const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const [failed, skipped] = [count("failures"), count("skipped")];
  const failures = failuresIn(results);
  const isBroken = code !== 0 && failures.length === 0;
  if (isBroken)
    failures.push({
      file: "",
      text: `${interrupt.signal.aborted ? "interrupted in" : "failed outside the tests, as the output above says:"} ${what.join(", ")}`,
    });
  return {
    files: what,
    isBroken,
    passed: count("tests") - failed - skipped,
    failed: code === 0 ? failed : Math.max(failed, 1),
    skipped,
    failures,
  };
}

/** The failures of a JUnit report, each with its file, its name and its text. */
function failuresIn(report: string): Failed[] {
  const cases = report.matchAll(/<testcase ([^>]*[^/])>\s*<failure ([^>]*)>(?:([^<]*)<\/failure>)?/g);
  return [...cases].map(([, test = "", failure = "", said]) => {
    const of = (name: string, tag: string) => plain(new RegExp(`(?:^| )${name}="([^"]*)"`).exec(tag)?.[1] ?? "");
    // Bun names the innermost group first.
    const groups = of("classname", test).split(" > ").reverse();
    const name = [...groups, of("name", test)].filter(Boolean).join(" > ");
    const file = of("file", test);
    const text = `(fail) ${file}: ${name}\n${(said ? plain(said) : of("message", failure)).slice(0, 3000)}`;
    return { file, text };
  });
}

function plain(escaped: string): string {
  const names: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return escaped.replace(/&(?:#(\d+)|(\w+));/g, (whole, code, name) =>
    code ? String.fromCodePoint(Number(code)) : (names[name] ?? whole),
  );
}

function hasRoom(place: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(place);
    return bavail * bsize >= MEMORY_LEAST;
  } catch {
    return false;
  }
}
