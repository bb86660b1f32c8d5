import { z } from "zod";
import { time } from "./users.ts";

interface Kind {
  /** How the samples of a longer time become one. */
  over: "mean" | "max" | "min";
  /** How the values of all nodes are combined into the cluster's. */
  nodes: "sum" | "max" | "min";
}

const perSecond = { over: "mean", nodes: "sum" } as const;
const worst = { over: "max", nodes: "max" } as const;
const whetherUp = { over: "min", nodes: "min" } as const;

/** The measurements that each node publishes every five seconds. docs/admin.md defines each one. */
export const metricKinds = {
  connections: { over: "max", nodes: "sum" },
  upgrades_per_s: perSecond,
  messages_per_s: perSecond,
  deliveries_per_s: perSecond,
  delivery_p50_ms: worst,
  delivery_p99_ms: worst,
  requests_2xx_per_s: perSecond,
  requests_3xx_per_s: perSecond,
  requests_4xx_per_s: perSecond,
  requests_5xx_per_s: perSecond,
  frame_errors_per_s: perSecond,
  scans_clean_per_s: perSecond,
  scans_refused_per_s: perSecond,
  scans_failed_per_s: perSecond,
  scan_p99_ms: worst,
  search_lag_ms: worst,
  loop_delay_p99_ms: worst,
  cpu: { over: "mean", nodes: "sum" },
  rss_bytes: { over: "max", nodes: "sum" },
  heap_bytes: { over: "max", nodes: "sum" },
  postgres_up: whetherUp,
  redis_up: whetherUp,
} as const satisfies Record<string, Kind>;

export type MetricName = keyof typeof metricKinds;
export const metricNames = Object.keys(metricKinds) as MetricName[];

/** `null`: there is no value, as for a delay when nothing was sent, or for Redis where there is none. */
export type Sample = Record<MetricName, number | null>;

/** A node, as it describes itself. */
export interface NodeInfo {
  id: string;
  name: string;
  version: string;
  started_at: string;
}

export const metricRanges = ["hour", "day"] as const;
export type MetricRange = (typeof metricRanges)[number];

const values = z.array(z.number().nullable());
const series = z
  .object(Object.fromEntries(metricNames.map((name) => [name, values])) as Record<MetricName, typeof values>)
  .meta({
    id: "MetricSeries",
    description: "For each metric, one value for each time. docs/admin.md defines the metrics.",
  });
export type MetricSeries = z.infer<typeof series>;

export const metricsReport = z
  .object({
    /** The database that `postgres_up` measures: PostgreSQL, or the one embedded in the node. */
    database: z.enum(["postgres", "embedded"]),
    step_ms: z.int(),
    /** Times in ms since the epoch. Every series has one value for each. */
    at: z.array(z.int()),
    nodes: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        version: z.string(),
        started_at: time,
        last_at: z.int(),
        /** Whether the node has sent a sample within the last seconds. */
        is_alive: z.boolean(),
        series,
      }),
    ),
    /** All nodes together. */
    total: series,
  })
  .meta({ id: "MetricsReport" });
export type MetricsReport = z.infer<typeof metricsReport>;
