import type { MetricName, MetricSeries, MetricsReport } from "../../../protocol/metrics.ts";

/** The number of points in a plot. The server keeps no more. */
const POINTS = 720;

/** Joins the earlier report and the new points. The newest earlier point may have changed, so it comes again. */
export function merged(before: MetricsReport, news: MetricsReport): MetricsReport {
  const from = news.at[0] ?? Number.POSITIVE_INFINITY;
  const kept = before.at.findIndex((moment) => moment >= from);
  const keptCount = kept < 0 ? before.at.length : kept;
  const start = Math.max(0, keptCount + news.at.length - POINTS);
  const join = (old: MetricSeries | undefined, now: MetricSeries | undefined): MetricSeries => {
    const valuesOf = (name: MetricName) => {
      const first = old ? old[name].slice(0, keptCount) : Array<null>(keptCount).fill(null);
      return [...first, ...(now?.[name] ?? Array<null>(news.at.length).fill(null))].slice(start);
    };
    const names = Object.keys(before.total) as MetricName[];
    return Object.fromEntries(names.map((name) => [name, valuesOf(name)])) as MetricSeries;
  };
  return {
    database: news.database,
    step_ms: news.step_ms,
    at: [...before.at.slice(0, keptCount), ...news.at].slice(start),
    nodes: news.nodes.map((node) => ({
      ...node,
      series: join(before.nodes.find(({ id }) => id === node.id)?.series, node.series),
    })),
    total: join(before.total, news.total),
  };
}
