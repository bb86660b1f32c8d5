import {
  type MetricName,
  type MetricRange,
  type MetricSeries,
  type MetricsReport,
  metricKinds,
  metricNames,
  type NodeInfo,
  type Sample,
} from "../../../protocol/metrics.ts";

export const SAMPLE_EVERY_MS = 5_000;
/** Points of a plot: an hour of samples, or a day of points of two minutes each. */
const POINTS = 720;
const STEP_MS: Record<MetricRange, number> = { hour: SAMPLE_EVERY_MS, day: 24 * SAMPLE_EVERY_MS };
/** A node that has sent no sample for this long has ended. */
const ALIVE_MS = 3 * SAMPLE_EVERY_MS;
/** The most nodes that are remembered. Each restart adds one. */
const NODES_MOST = 64;
/** A sample whose clock differs more than this from ours is dated by our clock. */
const SKEW_MS = 30_000;

interface Point {
  at: number;
  sample: Sample;
  /** The number of samples in it. */
  count: number;
}

interface KnownNode {
  info: NodeInfo;
  lastAt: number;
  hasEnded: boolean;
  points: Record<MetricRange, Point[]>;
}

/** The samples of all nodes that have reached this node. Bounded, and lost with the process. */
export class Metrics {
  private readonly nodes = new Map<string, KnownNode>();

  constructor(private readonly database: MetricsReport["database"] = "postgres") {}

  /** @param at when the sample was taken, by the clock of its node */
  addSample(info: NodeInfo, at: number, sample: Sample, now = Date.now()): void {
    const moment = Math.abs(at - now) > SKEW_MS ? now : at;
    const node: KnownNode = this.nodes.get(info.id) ?? {
      info,
      lastAt: 0,
      hasEnded: false,
      points: { hour: [], day: [] },
    };
    node.lastAt = now;
    // The node with the newest sample comes last in the map.
    this.nodes.delete(info.id);
    this.nodes.set(info.id, node);
    // A node of another release has other metrics.
    const known = Object.fromEntries(metricNames.map((name) => [name, sample[name] ?? null])) as Sample;
    add(node.points.hour, STEP_MS.hour, moment, known);
    add(node.points.day, STEP_MS.day, moment, known);
    this.forgetOld(now);
  }

  /** Call it when a node has announced its end, so that no report waits for its next sample. */
  end(id: string): void {
    const node = this.nodes.get(id);
    if (node) node.hasEnded = true;
  }

  /** The last hour or day, or the part of it that is newer than `after`. */
  report(range: MetricRange, after: number, now = Date.now()): MetricsReport {
    const step = STEP_MS[range];
    const newest = this.newest(range, now);
    const first = newest - (POINTS - 1) * step;
    // Nodes that ended before are left out, or each restart would add one.
    const nodes = [...this.nodes.values()].filter((node) => isAlive(node, now) || lastPoint(node, range) >= first);
    const oldest = Math.min(newest, ...nodes.map(({ points }) => points[range][0]?.at ?? newest));
    const from = Math.max(oldest, first, Math.floor(after / step) * step + step);
    const at: number[] = [];
    if (newest > 0) for (let moment = from; moment <= newest; moment += step) at.push(moment);
    const shown = nodes
      .map((node) => ({
        ...node.info,
        last_at: node.lastAt,
        is_alive: isAlive(node, now),
        series: seriesOf(node.points[range], at),
      }))
      .sort((a, b) => a.started_at.localeCompare(b.started_at) || a.id.localeCompare(b.id));
    return {
      database: this.database,
      step_ms: step,
      at,
      nodes: shown,
      total: totalOf(
        shown.map(({ series }) => series),
        at.length,
      ),
    };
  }

  /**
   * The newest moment for which all living nodes have sent a sample. At a later moment the values of some nodes are
   * missing, which would look like a fall.
   */
  private newest(range: MetricRange, now: number): number {
    const nodes = [...this.nodes.values()];
    const living = nodes.filter((node) => isAlive(node, now));
    const ends = (some: KnownNode[]) => some.map((node) => lastPoint(node, range));
    return living.length > 0 ? Math.min(...ends(living)) : Math.max(0, ...ends(nodes));
  }

  private forgetOld(now: number) {
    for (const [id, { lastAt }] of this.nodes)
      if (now - lastAt > POINTS * STEP_MS.day || this.nodes.size > NODES_MOST) this.nodes.delete(id);
  }
}

const isAlive = ({ lastAt, hasEnded }: KnownNode, now: number) => !hasEnded && now - lastAt < ALIVE_MS;

const lastPoint = ({ points }: KnownNode, range: MetricRange) => points[range].at(-1)?.at ?? 0;

function add(points: Point[], step: number, moment: number, sample: Sample) {
  const at = Math.floor(moment / step) * step;
  // The clock was set back: points ahead of it are dropped.
  while ((points.at(-1)?.at ?? 0) > at) points.pop();
  const last = points.at(-1);
  if (last?.at === at) {
    for (const name of metricNames)
      last.sample[name] = joined(metricKinds[name].over, last.sample[name], last.count, sample[name]);
    last.count++;
    return;
  }
  points.push({ at, sample: { ...sample }, count: 1 });
  if (points.length > POINTS) points.shift();
}

/** Joins the value of `count` samples with the value of one more. */
function joined(how: "mean" | "max" | "min", before: number | null, count: number, value: number | null) {
  if (before === null || value === null) return before ?? value;
  if (how === "mean") return (before * count + value) / (count + 1);
  return how === "max" ? Math.max(before, value) : Math.min(before, value);
}

function seriesOf(points: Point[], at: number[]): MetricSeries {
  const byMoment = new Map(points.map((point) => [point.at, point.sample]));
  const valuesOf = (name: MetricName) => at.map((moment) => byMoment.get(moment)?.[name] ?? null);
  return Object.fromEntries(metricNames.map((name) => [name, valuesOf(name)])) as MetricSeries;
}

function totalOf(nodes: MetricSeries[], length: number): MetricSeries {
  const valuesOf = (name: MetricName) =>
    Array.from({ length }, (_, i) => {
      const values = nodes.flatMap((series) => series[name][i] ?? []);
      if (values.length === 0) return null;
      const how = metricKinds[name].nodes;
      if (how === "sum") return values.reduce((sum, value) => sum + value, 0);
      return how === "max" ? Math.max(...values) : Math.min(...values);
    });
  return Object.fromEntries(metricNames.map((name) => [name, valuesOf(name)])) as MetricSeries;
}
