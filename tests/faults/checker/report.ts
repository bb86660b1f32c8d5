import type { History, Send } from "./history.ts";
import type { RunResult } from "./run.ts";

/**
 * `violated`: a guarantee did not hold. `too little evidence`: none was seen broken, but the run did too little to say
 * that they hold. The first is the server's fault, the second is nobody's, or the machine's.
 */
export type Verdict = "held" | "violated" | "too little evidence";

export const verdictOf = (violations: readonly unknown[], lacks: readonly string[]): Verdict =>
  violations.length > 0 ? "violated" : lacks.length > 0 ? "too little evidence" : "held";

/** The exit codes of `bun run faults`. 2 is for invalid options. */
export const exitCodes = { held: 0, violated: 1, "too little evidence": 3 } as const satisfies Record<Verdict, number>;

/** The counts of a run. */
export interface Figures {
  sends: number;
  acked: number;
  resends: number;
  edits: number;
  reads: number;
  pages: number;
  memberChanges: number;
  /** Changes of personal settings that were acked, and frames that brought some. */
  settings: number;
  meFrames: number;
  /** Marks that were acked; messages that were saved, or planned for later. */
  marks: number;
  later: number;
  /** Messages with files that were acked, answers with the bytes of a file, and answers of searches. */
  withFiles: number;
  downloads: number;
  searches: number;
  /** Changes that came over sockets. */
  delivered: number;
  reconnects: number;
  faults: FaultFigure[];
}

interface FaultFigure {
  kind: string;
  /** Sends that began during the fault, without those that were refused for a reason of their own. */
  during: Share;
  /** Those of them that began while nothing else was broken. */
  alone: Share;
  /** From its healing to the first ack of a send that began after it, in ms. */
  recoveryMs: number | undefined;
}

interface Share {
  sends: number;
  acked: number;
}

/** Sends that begin within this time after a momentary fault count for it, in ms. */
const MOMENT_MS = 1_000;

export function figuresOf(history: History): Figures {
  const sends = history.operations.filter((operation): operation is Send => operation.kind === "send");
  const ok = (kind: string) =>
    history.operations.filter((operation) => operation.kind === kind && operation.outcome === "ok").length;
  const tries = new Set<string>();
  let resends = 0;
  for (const { content } of sends) {
    if (tries.has(content)) resends++;
    tries.add(content);
  }
  return {
    sends: sends.length,
    acked: sends.filter(({ outcome }) => outcome === "ok").length,
    resends,
    edits: ok("amend"),
    reads: ok("read"),
    pages: ok("page"),
    memberChanges: ok("members"),
    settings: ok("set"),
    marks: ok("mark"),
    later: ok("save") + ok("schedule"),
    withFiles: sends.filter(({ outcome, files }) => outcome === "ok" && files).length,
    downloads: ok("download"),
    searches: ok("search"),
    meFrames: (history.meStreams ?? []).reduce((sum, { frames }) => sum + frames.length, 0),
    delivered: history.streams.reduce((sum, { frames }) => sum + frames.length, 0),
    reconnects: history.reconnects,
    faults: faultFigures(history, sends),
  };
}

function faultFigures({ faults }: History, sends: Send[]): FaultFigure[] {
  const lasts = faults.map(({ from, until }) => ({ from, until: Math.max(until, from + MOMENT_MS) }));
  const shares = faults.map(() => ({ during: { sends: 0, acked: 0 }, alone: { sends: 0, acked: 0 } }));
  for (const { invokedAt, outcome } of sends) {
    if (outcome === "fail") continue;
    const within = [...lasts.keys()].filter((i) => {
      const fault = lasts[i];
      return fault && invokedAt >= fault.from && invokedAt < fault.until;
    });
    for (const i of within)
      for (const share of within.length === 1 ? [shares[i]?.during, shares[i]?.alone] : [shares[i]?.during]) {
        if (!share) continue;
        share.sends++;
        if (outcome === "ok") share.acked++;
      }
  }
  const none = { sends: 0, acked: 0 };
  return faults.map(({ kind, until }, i) => {
    const acked = sends.filter(({ invokedAt, outcome }) => invokedAt >= until && outcome === "ok");
    const first = Math.min(...acked.map(({ endedAt }) => endedAt));
    const { during, alone } = shares[i] ?? { during: none, alone: none };
    return { kind, during, alone, recoveryMs: Number.isFinite(first) ? first - until : undefined };
  });
}

/** A run that did too little proves nothing. The least it must have done, for each second of it. */
const LEAST_PER_SECOND = {
  acked: 15,
  delivered: 150,
  resends: 0.5,
  edits: 0.5,
  reads: 0.5,
  pages: 1,
  memberChanges: 0.1,
  settings: 1,
  meFrames: 0.5,
  marks: 1,
  later: 0.1,
  withFiles: 0.2,
  downloads: 0.2,
  searches: 0.5,
  reconnects: 1,
};
const LEAST_FAULTS_PER_SECOND = 0.2;

/** The figures that are too low for the run to prove anything. */
export function lacking(figures: Figures, seconds: number): string[] {
  const did = { ...figures, faults: figures.faults.length };
  const least = { ...LEAST_PER_SECOND, faults: LEAST_FAULTS_PER_SECOND };
  return (Object.keys(least) as (keyof typeof least)[]).flatMap((name) => {
    const enough = Math.ceil(least[name] * seconds);
    return did[name] >= enough ? [] : [`${did[name]} ${name}, of at least ${enough}`];
  });
}

/** The result of a run, in one line. */
export function lineOf({ seed, verdict, place, goesBack, nodes, people, figures, machine }: RunResult): string {
  const { acked, delivered, pages, reconnects, faults } = figures;
  return [
    `seed ${String(seed).padStart(3)}  ${verdict.padEnd(19)}`,
    place === "embedded" ? "embedded" : `${nodes} nodes `,
    `${people} people, ${String(faults.length).padStart(2)} faults, ${acked} acked, ${delivered} delivered, ${pages} pages,`,
    `${reconnects} reconnects, speed ${Math.round(100 * machine.speed)} %${goesBack ? `; ${goesBack}` : ""}`,
  ].join(" ");
}

/** The verdicts of all runs, by seed. */
export function verdictsOf(results: Pick<RunResult, "seed" | "verdict">[]): string {
  const verdicts: Verdict[] = ["held", "violated", "too little evidence"];
  return verdicts
    .map((verdict) => {
      const seeds = results.filter((result) => result.verdict === verdict).map(({ seed }) => seed);
      return `${verdict}: ${seeds.length}${seeds.length > 0 ? ` (seeds ${seeds.join(", ")})` : ""}`;
    })
    .join("\n");
}

/** For each kind of fault: how often, which share of sends was acked meanwhile, and how soon the next one was. */
export function tableOf(results: RunResult[]): string {
  const byKind = Map.groupBy(
    results.flatMap(({ figures }) => figures.faults),
    ({ kind }) => kind,
  );
  const rows = [...byKind].sort().map(([kind, faults]) => {
    const recoveries = faults.flatMap(({ recoveryMs }) => recoveryMs ?? []).sort((a, b) => a - b);
    const ms = (at: number) => `${Math.round(recoveries[Math.floor(at * (recoveries.length - 1))] ?? 0)} ms`;
    const cells = [
      kind,
      faults.length,
      shareOf(faults.map(({ during }) => during)),
      shareOf(faults.map(({ alone }) => alone)),
      ms(0.5),
      ms(1),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    "| fault | times | sends acked meanwhile | and with nothing else broken | next ack after healing, median | longest |",
    "|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function shareOf(shares: Share[]): string {
  const sends = shares.reduce((sum, share) => sum + share.sends, 0);
  const acked = shares.reduce((sum, share) => sum + share.acked, 0);
  return sends === 0 ? "–" : `${((100 * acked) / sends).toFixed(1)} % of ${sends}`;
}

export function totalOf(results: RunResult[]): string {
  const total = (figure: (figures: Figures) => number) =>
    results.reduce((sum, { figures }) => sum + figure(figures), 0).toLocaleString("en");
  return [
    `${results.length} runs: ${total(({ acked }) => acked)} sends acked, ${total(({ delivered }) => delivered)} changes delivered,`,
    `${total(({ resends }) => resends)} sent again, ${total(({ edits }) => edits)} edits, ${total(({ reads }) => reads)} reads,`,
    `${total(({ pages }) => pages)} pages, ${total(({ memberChanges }) => memberChanges)} changes of members,`,
    `${total(({ settings }) => settings)} changes of settings, ${total(({ meFrames }) => meFrames)} of their frames,`,
    `${total(({ marks }) => marks)} marks, ${total(({ later }) => later)} for later,`,
    `${total(({ withFiles }) => withFiles)} messages with files, ${total(({ downloads }) => downloads)} downloads, ${total(({ searches }) => searches)} searches,`,
    `${total(({ reconnects }) => reconnects)} reconnects, ${total(({ faults }) => faults.length)} faults`,
  ].join(" ");
}
