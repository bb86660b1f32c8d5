import { expect, test } from "bun:test";
import { metricNames, metricsReport, type Sample } from "../../src/protocol/metrics.ts";
import { Metrics } from "../../src/server/features/metrics/service.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const STEP = 5_000;
const sample = (values: Partial<Sample>): Sample => ({
  ...(Object.fromEntries(metricNames.map((name) => [name, null])) as Sample),
  ...values,
});
const node = (id: string) => ({ id, name: id, version: "1", started_at: new Date(START).toISOString() });
const at = (n: number) => START + n * STEP;

test("the line of a node ends when the node ends, and the total joins all lines", () => {
  const metrics = new Metrics();
  for (const n of [0, 1, 2, 3, 4])
    metrics.addSample(node("a"), at(n), sample({ connections: 10, delivery_p99_ms: 1, postgres_up: 1 }), at(n));
  for (const n of [1, 2])
    metrics.addSample(node("b"), at(n) + 12, sample({ connections: 5, delivery_p99_ms: 9, postgres_up: 0 }), at(n));
  const report = metrics.report("hour", 0, at(5));
  expect(metricsReport.safeParse(report).error?.issues).toBeUndefined();
  expect(report.at).toEqual([0, 1, 2, 3, 4].map(at));
  expect(report.nodes.map(({ id, is_alive }) => [id, is_alive])).toEqual([
    ["a", true],
    ["b", false],
  ]);
  expect(report.nodes[1]?.series.connections).toEqual([null, 5, 5, null, null]);
  expect(report.total.connections).toEqual([10, 15, 15, 10, 10]);
  expect(report.total.delivery_p99_ms).toEqual([1, 9, 9, 1, 1]);
  expect(report.total.postgres_up).toEqual([1, 0, 0, 1, 1]);
  expect(report.total.redis_up).toEqual([null, null, null, null, null]);
});

test("a report shows a moment once all living nodes have sent it, and the next report continues there", () => {
  const metrics = new Metrics();
  const take = (id: string, n: number, connections: number) =>
    metrics.addSample(node(id), at(n), sample({ connections }), at(n));
  const asked = (after: number, now: number) => {
    const { at: moments, total } = metrics.report("hour", after, now);
    return [moments, total.connections];
  };
  take("a", 0, 10);
  take("b", 0, 5);
  take("a", 1, 10);
  // The sample of the other node is on its way: without it half of all people would seem gone.
  expect(asked(0, at(1) + 100)).toEqual([[at(0)], [15]]);
  take("b", 1, 5);
  expect(asked(at(0), at(1) + 200)).toEqual([[at(1)], [15]]);
  // A report waits for a silent node until it counts as ended.
  for (const n of [2, 3, 4]) take("a", n, 10);
  expect(asked(at(0), at(4) - 1)).toEqual([[at(1)], [15]]);
  expect(asked(at(0), at(4))).toEqual([[1, 2, 3, 4].map(at), [15, 10, 10, 10]]);
});

test("a report does not wait for a node that has announced its end", () => {
  const metrics = new Metrics();
  for (const id of ["a", "b"]) metrics.addSample(node(id), at(0), sample({ connections: 5 }), at(0));
  metrics.end("b");
  metrics.end("unheard of");
  metrics.addSample(node("a"), at(1), sample({ connections: 5 }), at(1));
  const report = metrics.report("hour", 0, at(1));
  expect([report.at, report.total.connections]).toEqual([[0, 1].map(at), [10, 5]]);
  expect(report.nodes.map(({ is_alive }) => is_alive)).toEqual([true, false]);
});

test("an ended node whose clock was ahead does not hide the other nodes", () => {
  const metrics = new Metrics();
  metrics.addSample(node("b"), at(6), sample({ connections: 5 }), at(0));
  for (const n of [0, 1, 2, 3, 4]) metrics.addSample(node("a"), at(n), sample({ connections: 10 }), at(n));
  const { at: moments, total } = metrics.report("hour", 0, at(4));
  expect([moments.at(-1), total.connections.at(-1)]).toEqual([at(4), 10]);
});

test("a second report holds the new points only", () => {
  const metrics = new Metrics();
  for (const n of [0, 1, 2]) metrics.addSample(node("a"), at(n), sample({ cpu: n }), at(n));
  expect(metrics.report("hour", at(1), at(2))).toMatchObject({ at: [at(2)], total: { cpu: [2] } });
  expect(metrics.report("hour", at(2), at(2))).toMatchObject({ at: [], total: { cpu: [] } });
  expect(metrics.report("day", 0, at(2)).at).toHaveLength(1);
  expect(new Metrics().report("hour", 0).at).toEqual([]);
});

test("an hour of samples is kept, and a day of points of two minutes each", () => {
  const metrics = new Metrics();
  const days = (25 * 3_600_000) / STEP;
  for (let n = 0; n < days; n++)
    metrics.addSample(node("a"), at(n), sample({ messages_per_s: n % 2, loop_delay_p99_ms: n % 24 }), at(n));
  const now = at(days);
  const hour = metrics.report("hour", 0, now);
  expect([hour.step_ms, hour.at.length, hour.at.at(-1)]).toEqual([STEP, 720, at(days - 1)]);
  const day = metrics.report("day", 0, now);
  expect([day.step_ms, day.at.length]).toEqual([24 * STEP, 720]);
  expect(new Set(day.total.messages_per_s)).toEqual(new Set([0.5]));
  expect(new Set(day.total.loop_delay_p99_ms)).toEqual(new Set([23]));
});

test("nodes that come and go do not fill the memory, and a wrong clock does not move the plot", () => {
  const metrics = new Metrics();
  for (let n = 0; n < 100; n++) metrics.addSample(node(`${n}`), at(n), sample({ cpu: 1 }), at(n));
  const { nodes } = metrics.report("hour", 0, at(100));
  expect(nodes).toHaveLength(64);
  expect(nodes.map(({ id }) => id)).toContain("99");
  metrics.addSample(node("99"), at(5_000_000), sample({ cpu: 1 }), at(100));
  expect(metrics.report("hour", 0, at(101)).at.at(-1)).toBe(at(100));
  metrics.addSample(node("99"), at(98), sample({ cpu: 7 }), at(98));
  expect(
    metrics
      .report("hour", 0, at(100))
      .nodes.find(({ id }) => id === "99")
      ?.series.cpu.at(-1),
  ).toBe(7);
});

test("an ended node is shown as long as its line: an hour, or a day", () => {
  const metrics = new Metrics();
  metrics.addSample(node("old"), at(0), sample({ cpu: 1 }), at(0));
  metrics.end("old");
  for (let n = 1; n <= 720; n++) {
    metrics.addSample(node("new"), at(n), sample({ cpu: 1 }), at(n));
    const shown = metrics.report("hour", at(n - 1), at(n)).nodes.map(({ id }) => id);
    expect(shown).toEqual(n < 720 ? ["new", "old"] : ["new"]);
  }
  expect(metrics.report("day", 0, at(720)).nodes.map(({ id }) => id)).toEqual(["new", "old"]);
});

test("a sample of a node of another release has no value where it lacks a metric", () => {
  const metrics = new Metrics();
  const { scan_p99_ms: _, search_lag_ms: __, ...old } = sample({ connections: 3 });
  metrics.addSample(node("a"), at(0), { ...sample({}), ...JSON.parse(JSON.stringify(old)) }, at(0));
  for (const n of [1, 2]) metrics.addSample(node("old"), at(0) + n, JSON.parse(JSON.stringify(old)), at(0) + n);
  const report = metrics.report("hour", 0, at(1));
  expect(metricsReport.safeParse(report).error?.issues).toBeUndefined();
  expect(report.total.search_lag_ms).toEqual([null]);
});
