import { expect, test } from "bun:test";
import { type MetricSeries, type MetricsReport, metricNames } from "../../src/protocol/metrics.ts";
import { merged } from "../../src/web/admin/overview/merged.ts";

const series = (values: (number | null)[]) =>
  Object.fromEntries(metricNames.map((name) => [name, values])) as MetricSeries;
const report = (at: number[], nodes: Record<string, (number | null)[]>): MetricsReport => ({
  database: "embedded",
  step_ms: 5,
  at,
  nodes: Object.entries(nodes).map(([id, values]) => ({
    id,
    name: id,
    version: "1",
    started_at: "2026-01-01T00:00:00Z",
    last_at: 0,
    is_alive: true,
    series: series(values),
  })),
  total: series(at),
});

test("new points follow the old ones, and the newest old point is corrected", () => {
  const both = merged(report([5, 10, 15], { a: [1, 2, 3] }), report([15, 20], { a: [4, 5], b: [null, 6] }));
  expect(both.at).toEqual([5, 10, 15, 20]);
  expect(both.nodes.map(({ series }) => series.cpu)).toEqual([
    [1, 2, 4, 5],
    [null, null, null, 6],
  ]);
  expect(both.total.cpu).toEqual([5, 10, 15, 20]);
});

test("nothing new changes nothing, and no more is kept than a plot shows", () => {
  const before = report([5, 10], { a: [1, 2] });
  expect(merged(before, report([], { a: [] })).at).toEqual([5, 10]);
  const long = Array.from({ length: 720 }, (_, i) => i * 5);
  const all = merged(report(long, { a: long }), report([3600, 3605], { a: [7, 8] }));
  expect(all.at).toHaveLength(720);
  expect([all.at[0], all.at.at(-1), all.nodes[0]?.series.cpu.at(-1)]).toEqual([10, 3605, 8]);
});
