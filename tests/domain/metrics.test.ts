import { expect, test } from "bun:test";
import { Metrics } from "../../src/domain/metrics.ts";
import { metricNames, metricsReport, type Sample } from "../../src/protocol/metrics.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const STEP = 5_000;
const sample = (values: Partial<Sample>): Sample => ({
  ...(Object.fromEntries(metricNames.map((name) => [name, null])) as Sample),
  ...values,
});
const node = (id: string) => ({ id, name: id, version: "1", started_at: new Date(START).toISOString() });
const at = (n: number) => START + n * STEP;

test("every node has its line, which ends where it ends, and all together are one", () => {
  const metrics = new Metrics();
  for (const n of [0, 1, 2, 3, 4])
    metrics.take(node("a"), at(n), sample({ connections: 10, delivery_p99_ms: 1, postgres_up: 1 }), at(n));
  for (const n of [1, 2])
    metrics.take(node("b"), at(n) + 12, sample({ connections: 5, delivery_p99_ms: 9, postgres_up: 0 }), at(n));
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

test("who asks again gets what is new", () => {
  const metrics = new Metrics();
  for (const n of [0, 1, 2]) metrics.take(node("a"), at(n), sample({ cpu: n }), at(n));
  expect(metrics.report("hour", at(1), at(2))).toMatchObject({ at: [at(2)], total: { cpu: [2] } });
  expect(metrics.report("hour", at(2), at(2))).toMatchObject({ at: [], total: { cpu: [] } });
  expect(metrics.report("day", 0, at(2)).at).toHaveLength(1);
  expect(new Metrics().report("hour", 0).at).toEqual([]);
});

test("an hour and a day are kept, and of the day what two minutes make", () => {
  const metrics = new Metrics();
  const days = (25 * 3_600_000) / STEP;
  for (let n = 0; n < days; n++)
    metrics.take(node("a"), at(n), sample({ messages_per_s: n % 2, loop_delay_p99_ms: n % 24 }), at(n));
  const now = at(days);
  const hour = metrics.report("hour", 0, now);
  expect([hour.step_ms, hour.at.length, hour.at.at(-1)]).toEqual([STEP, 720, at(days - 1)]);
  const day = metrics.report("day", 0, now);
  expect([day.step_ms, day.at.length]).toEqual([24 * STEP, 720]);
  expect(new Set(day.total.messages_per_s)).toEqual(new Set([0.5]));
  expect(new Set(day.total.loop_delay_p99_ms)).toEqual(new Set([23]));
});

test("nodes that come and go don't fill the memory, and a wrong clock does not move the plot", () => {
  const metrics = new Metrics();
  for (let n = 0; n < 100; n++) metrics.take(node(`${n}`), at(n), sample({ cpu: 1 }), at(n));
  const { nodes } = metrics.report("hour", 0, at(100));
  expect(nodes).toHaveLength(64);
  expect(nodes.map(({ id }) => id)).toContain("99");
  metrics.take(node("99"), at(5_000_000), sample({ cpu: 1 }), at(100));
  expect(metrics.report("hour", 0, at(100)).at.at(-1)).toBe(at(100));
  metrics.take(node("99"), at(98), sample({ cpu: 7 }), at(98));
  expect(
    metrics
      .report("hour", 0, at(100))
      .nodes.find(({ id }) => id === "99")
      ?.series.cpu.at(-1),
  ).toBe(7);
});
