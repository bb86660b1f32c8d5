import { join } from "node:path";
import { type Cluster, type Place, startCluster } from "./cluster.ts";
import { type FaultName, Faults } from "./faults.ts";
import { type WayBackName, wayBack } from "./going-back.ts";
import type { History, Violation, WentBack } from "./history.ts";
import { Machine } from "./machine.ts";
import type { Person } from "./person.ts";
import { planOf } from "./plan.ts";
import { Random } from "./random.ts";
import { type Figures, figuresOf, lacking, type Verdict, verdictOf } from "./report.ts";
import { populate, type Scene } from "./scene.ts";
import { untilSent } from "./true-later.ts";
import { readBack, readLog } from "./truth.ts";
import { verify, verifyRecord } from "./verify.ts";

const MAIN = join(import.meta.dir, "../../../src/server/main.ts");
/** The mean time between two acts of a person, and between the beginnings of two faults. */
const ACT_EVERY_MS = 350;
const FAULT_EVERY_MS = { all: 1_200, chosen: 500 };
const LOOK_AGAIN_MS = 100;
const LOOK_EVERY_MS = { all: 4_000, sought: 1_000 };
/** How long clients may take to come to rest after all is healed, in the machine's time. */
const REST_WITHIN_MS = 60_000;
/** A run goes on until it has done enough and its machine time is over, but at most this many times as long. */
const LONGEST = 5;
/** Commits that are timed before anything is broken. */
const COMMITS_TIMED = 11;
/** The parts of its time after which a run copies its database, and after which the database goes back to the copy. */
const GOES_BACK = { all: { copied: 0.3, back: 0.55 }, chosen: { copied: 0.1, back: 0.2 } };
/** This share of the devices is offline while the database goes back, and meets the new history later. */
const AWAY = 0.3;
/** Sockets hear in 2 s that the database went back (docs/guarantees.md); three-fold slack, in the machine's time. */
const TOLD_WITHIN_MS = 6_000;
/** How many messages a quiet conversation has before the copy; then each of the two histories adds one. */
const SAID_IN_QUIET = 3;
const TRIES_IN_QUIET = 30;
/** The page sizes that people ask for there. Each size is a page of its own in the caches. */
const LOOKS = [5, 100];

export interface RunOptions {
  seed: number;
  /** How long people chat while parts fail, in the machine's time. */
  seconds: number;
  /** The program of the nodes, when it is not this project's. */
  main?: string;
  /** Only these faults, and more often; all when left out. */
  faults?: readonly FaultName[];
  /** How its database goes back, where only some faults are chosen; the seed decides otherwise. */
  goesBack?: WayBackName;
  /** Checks of which one should fail: it ends early when one of them has, and not before. All when left out. */
  sought?: readonly string[];
}

export interface RunResult {
  seed: number;
  place: Place;
  goesBack: WayBackName | undefined;
  nodes: number;
  people: number;
  figures: Figures;
  violations: Violation[];
  /** The figures that are too low to prove anything. */
  lacks: string[];
  verdict: Verdict;
  /** How fast it was, from 0 to 1, how long a commit took at the start, and for how long the checker was stalled. */
  machine: { speed: number; commitMs: number; longestStallMs: number };
}

/**
 * People chat over nodes that fail, along with PostgreSQL, Redis and the network between them, in every way and at
 * once. Then all is healed, and the records of all clients are compared with the log.
 */
export async function run(options: RunOptions): Promise<RunResult> {
  const { seed, seconds, main = MAIN, faults: names, sought } = options;
  const { place, goesBack } = names ? { place: placeOf(options.goesBack), goesBack: options.goesBack } : planOf(seed);
  const random = new Random(String(seed));
  const history: History = { operations: [], streams: [], meStreams: [], faults: [], reconnects: 0, oddities: [] };
  const cluster = await startCluster(place, random.int(2, 3), main);
  const machine = new Machine(() => cluster.nodes.flatMap(({ pid }) => pid ?? []));
  try {
    await cluster.untilReady(machine);
    const scene = await populate(cluster, history, random.fork("people"), machine);
    const { people, floodable } = scene;
    machine.measured(await timeOfCommit(people, floodable.conversation, cluster));
    const devices = people.flatMap((person) => person.allDevices);
    const lives = devices.map((device) => device.live());
    const chat = new Chat(machine, history, seconds, names === undefined);
    const acting = people.map((person) => person.act(ACT_EVERY_MS, () => chat.isOver));
    const flooding: Promise<unknown>[] = [];
    const flood = (chance: Random) => {
      const [sender, reader] = chance.shuffle(floodable.people);
      if (sender) flooding.push(sender.flood(floodable.conversation));
      return ({ said }: { said: string }) => reader?.saysIn(said) ?? false;
    };
    const faults = new Faults(cluster, random.fork("faults"), history, flood, machine, place, names);
    const failing = faults.run(names ? FAULT_EVERY_MS.chosen : FAULT_EVERY_MS.all);
    const goesBackAt = names ? GOES_BACK.chosen : GOES_BACK.all;
    const stage = {
      cluster,
      scene,
      history,
      machine,
      faults,
      chat,
      seconds,
      goesBackAt,
      isChosen: names !== undefined,
    };
    const going = goesBack && goBack(stage, goesBack, random.fork("goes back"));
    // The code below awaits it. Until then a rejection must not end the process.
    if (going) going.catch(() => {});

    let violations = await chat.lookOn(sought);
    await going;
    await faults.stop();
    await failing;
    if (violations.length === 0) {
      const restedBy = machine.now + REST_WITHIN_MS;
      const isLate = () => machine.now > restedBy;
      await Promise.all([...acting, ...flooding]);
      await cluster.untilReady(machine);
      const unsettled = (await Promise.all(people.map((person) => person.settle(isLate)))).flat();
      history.oddities.push(...unsettled);
      for (const { node, code, log } of cluster.endings)
        history.oddities.push({
          check: "nodes live on",
          text: `node ${node} ended by itself with ${code}: ${log.slice(-2_000)}`,
        });
      for (const text of cluster.faults) history.oddities.push({ check: "nodes live on", text });
      await untilSent(cluster, isLate);
      const truth = await readBack(cluster, people, scene, history.operations, isLate);
      violations = verify(history, truth);
    }
    for (const device of devices) device.stop();
    await Promise.all(lives);
    const figures = figuresOf(history);
    const lacks = names === undefined ? lacking(figures, seconds) : [];
    const { speed, commitMs, longestStallMs } = machine;
    return {
      seed,
      place,
      goesBack,
      nodes: cluster.nodes.length,
      people: people.length,
      figures,
      violations,
      lacks,
      verdict: verdictOf(violations, lacks),
      machine: { speed, commitMs, longestStallMs },
    };
  } finally {
    machine.stop();
    await cluster.stop();
  }
}

const placeOf = (goesBack: WayBackName | undefined): Place => (goesBack ? wayBack(goesBack).place : "cluster");

interface Stage {
  cluster: Cluster;
  scene: Scene;
  history: History;
  machine: Machine;
  faults: Faults;
  chat: Chat;
  seconds: number;
  goesBackAt: { copied: number; back: number };
  /** Only some faults were chosen, and none of them may disturb it. */
  isChosen: boolean;
}

/**
 * Makes a copy of the database, lets people chat on, and brings the copy back. In the quiet conversation the new history
 * then reaches the versions of the dead one, with other messages, and everybody reads both.
 */
async function goBack(stage: Stage, name: WayBackName, random: Random): Promise<void> {
  const { cluster, scene, history, machine, faults, chat, seconds, goesBackAt } = stage;
  await chat.until(seconds * goesBackAt.copied);
  if (chat.isOver) return;
  await faults.pause();
  await cluster.untilReady(machine);
  for (let n = 0; n < SAID_IN_QUIET; n++) await sayInQuiet(scene, cluster);
  const copiedAt = performance.now();
  const { die, revive, open } = await wayBack(name).prepare(cluster);
  await cluster.untilReady(machine);
  faults.goOn();

  await chat.until(seconds * goesBackAt.back);
  if (chat.isOver) return;
  await faults.pause();
  await cluster.untilReady(machine);
  await sayInQuiet(scene, cluster);
  const devices = scene.people.flatMap((person) => person.allDevices);
  const away = devices.filter(() => random.chance(AWAY));
  for (const device of away) device.sleep();
  const window = { kind: name, from: performance.now(), until: Number.POSITIVE_INFINITY };
  history.faults.push(window);
  await die();
  const diedAt = performance.now();
  await revive();
  const kept = await readLog(cluster, scene.conversations);
  const bornAt = performance.now();
  const wentBack: WentBack = { kind: name, copiedAt, diedAt, bornAt, kept };
  history.wentBack = wentBack;
  await open();
  window.until = performance.now();
  // Another fault at the same time may keep a node from telling its sockets in time. Then this is not checked.
  const isCalm = stage.isChosen || random.chance(0.6);
  if (isCalm)
    machine.after(TOLD_WITHIN_MS, () => {
      wentBack.toldBy = performance.now();
      faults.goOn();
    });
  await cluster.untilReady(machine);
  await sayInQuiet(scene, cluster);
  await sayInQuiet(scene, cluster);
  for (const device of away) device.wake();
  if (!isCalm) faults.goOn();
}

/** Sends a message in the quiet conversation, and reads it on every node. */
async function sayInQuiet({ quiet }: Scene, { nodes: [node, ...others] }: Cluster) {
  const [person] = quiet.people;
  if (!person || !node) throw new Error("nobody is there");
  await untilDone(async () => (await person.say(quiet.conversation, node)).outcome === "ok");
  // Twice, because the first read may fill the cache that answers the second one.
  for (const limit of [...LOOKS, ...LOOKS])
    for (const each of [node, ...others])
      await untilDone(async () => (await person.look(quiet.conversation, each, limit)) !== undefined);
}

/** A database that has just come back is refused for a moment. After many tries the run goes on without it. */
async function untilDone(done: () => Promise<boolean>) {
  for (let tries = 0; tries < TRIES_IN_QUIET && !(await done()); tries++) await Bun.sleep(LOOK_AGAIN_MS);
}

/** How long people chat: for this much of the machine's time, and until they have done enough, up to a limit. */
class Chat {
  private readonly endsAt: number;
  private readonly endsAtLatest: number;
  private failed = false;
  private enough = false;

  constructor(
    private readonly machine: Machine,
    private readonly history: History,
    private readonly seconds: number,
    private readonly wantsEnough: boolean,
  ) {
    this.endsAt = machine.now + seconds * 1000;
    this.endsAtLatest = performance.now() + LONGEST * seconds * 1000;
  }

  get isOver(): boolean {
    if (this.failed || performance.now() >= this.endsAtLatest) return true;
    return this.machine.now >= this.endsAt && this.enough;
  }

  /** Resolves when people have chatted for so many seconds of the machine's time, or have stopped. */
  async until(seconds: number): Promise<void> {
    const since = this.endsAt - this.seconds * 1000;
    while (!this.isOver && this.machine.now < since + seconds * 1000) await Bun.sleep(LOOK_AGAIN_MS);
  }

  /** Ends early, with what is wrong, when the record alone shows it. */
  async lookOn(sought: readonly string[] | undefined): Promise<Violation[]> {
    const everyMs = sought ? LOOK_EVERY_MS.sought : LOOK_EVERY_MS.all;
    for (;;) {
      const left = this.endsAt - this.machine.now;
      await Bun.sleep(left > 0 ? Math.min(left, everyMs) : LOOK_EVERY_MS.sought);
      this.enough = !this.wantsEnough || lacking(figuresOf(this.history), this.seconds).length === 0;
      if (this.isOver) return [];
      const violations = verifyRecord(this.history);
      this.failed = violations.some(({ check }) => sought?.includes(check) ?? true);
      if (this.failed) return violations;
    }
  }
}

/**
 * The median of some sends, one after the other, over HTTP.
 * @throws when none of them is acked, though nothing is broken yet: such a server can't show anything
 */
async function timeOfCommit(people: Person[], conversation: string, cluster: Cluster): Promise<number> {
  const times: number[] = [];
  let acked = 0;
  const [person] = people;
  const [node] = cluster.nodes;
  if (!person || !node) throw new Error("nobody is there");
  for (let n = 0; n < COMMITS_TIMED; n++) {
    const since = performance.now();
    if ((await person.say(conversation, node)).outcome === "ok") acked++;
    times.push(performance.now() - since);
  }
  if (acked === 0) throw new Error("no send is acked, though nothing is broken yet");
  return times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
}
