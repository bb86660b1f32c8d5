/** Everything that is measured. */
const ALL = {
  rate: { label: "messages/s" },
  deliveries: { label: "deliveries/s" },
  requests: { label: "requests/s" },
  p50: { label: "p50, ms" },
  p99: { label: "p99, ms" },
  cpuServer: { label: "CPU of the server, µs" },
  cpuRedis: { label: "CPU of Redis, µs" },
  cpuPostgres: { label: "CPU of PostgreSQL, µs" },
  cpu: { label: "CPU of all, µs" },
  frames: { label: "most frames/s of a socket" },
  resume: { label: "resume, ms" },
  upgrades: { label: "upgrades/s" },
  perConnection: { label: "memory per connection, KiB" },
  ready: { label: "start to ready, ms" },
  memory: { label: "memory idle, MiB" },
  size: { label: "size of the binary, MiB" },
} as const;

export type Metric = keyof typeof ALL;

/** The figures of one run. A missing figure could not be measured. */
export type Figures = Partial<Record<Metric, number>>;

/** `per` is what CPU is counted for. */
export function labelOf(metric: Metric, per: string): string {
  const { label } = ALL[metric];
  return label.startsWith("CPU") ? `${label} per ${per}` : label;
}

export const CPU_PARTS = ["cpuServer", "cpuRedis", "cpuPostgres"] as const satisfies Metric[];
