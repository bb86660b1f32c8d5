import { monitorEventLoopDelay } from "node:perf_hooks";
import type { NodeInfo, Sample } from "../../../protocol/metrics.ts";
import type { Meter } from "../../base/meter.ts";
import type { Bus } from "../../bus/bus.ts";
import { SAMPLE_EVERY_MS } from "./service.ts";

/** How often the delay of the event loop is taken. Each time wakes the process, also when nobody is there. */
const LOOK_EVERY_MS = 50;

export interface Sampled {
  /** Sockets that are open now. */
  connections(): number;
  /** How long the oldest change waits for the index of messages. */
  searchLagMs(): number;
  /** Whether the database and Redis answer. `null`: this node uses no Redis. MUST NOT reject. */
  health(): Promise<{ postgres: boolean; redis: boolean | null }>;
}

/** Publishes a sample of this node to all nodes, this one included, every five seconds. */
export class Sampler {
  private readonly loop = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  private cpu = process.cpuUsage();
  private memory = process.memoryUsage();
  private since = performance.now();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(
    private readonly info: NodeInfo,
    private readonly meter: Meter,
    private readonly sampled: Sampled,
    private readonly bus: Bus,
  ) {
    this.loop.enable();
    this.wait();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.loop.disable();
    this.bus.publish({ kind: "node_ended", nodeId: this.info.id });
  }

  /** Nodes take samples at the same moments, as far as their clocks agree. */
  private wait() {
    if (this.closed) return;
    this.timer = setTimeout(() => void this.publishSample(), SAMPLE_EVERY_MS - (Date.now() % SAMPLE_EVERY_MS));
  }

  private async publishSample() {
    const at = Date.now();
    const sample = this.read();
    this.wait();
    const { postgres, redis } = await this.sampled.health();
    if (this.closed) return;
    sample.postgres_up = Number(postgres);
    sample.redis_up = redis === null ? null : Number(redis);
    this.bus.publish({ kind: "sample", node: this.info, at, sample });
  }

  /** Reads the counts since the last sample, and starts counting from zero. */
  private read(): Sample {
    const { meter, loop } = this;
    const now = performance.now();
    const seconds = Math.max(0.001, (now - this.since) / 1000);
    const rate = (count: number | undefined) => round((count ?? 0) / seconds);
    const delay = (times: Meter["delivery"], percent: number) =>
      times.count === 0 ? null : round(times.percentile(percent) / 1000);
    const cpu = process.cpuUsage(this.cpu);
    const { rss, heapUsed } = this.readMemory();
    const sample: Sample = {
      connections: this.sampled.connections(),
      upgrades_per_s: rate(meter.upgrades),
      messages_per_s: rate(meter.messages),
      deliveries_per_s: rate(meter.deliveries),
      delivery_p50_ms: delay(meter.delivery, 50),
      delivery_p99_ms: delay(meter.delivery, 99),
      requests_2xx_per_s: rate(meter.requests[2]),
      requests_3xx_per_s: rate(meter.requests[3]),
      requests_4xx_per_s: rate(meter.requests[4]),
      requests_5xx_per_s: rate(meter.requests[5]),
      frame_errors_per_s: rate(meter.frameErrors),
      scans_clean_per_s: rate(meter.scans.clean),
      scans_refused_per_s: rate(meter.scans.refused),
      scans_failed_per_s: rate(meter.scans.failed),
      scan_p99_ms: delay(meter.scan, 99),
      search_lag_ms: round(this.sampled.searchLagMs()),
      loop_delay_p99_ms: round(loop.percentile(99) / 1e6),
      cpu: round((cpu.user + cpu.system) / 1e6 / seconds),
      rss_bytes: rss,
      heap_bytes: heapUsed,
      postgres_up: null,
      redis_up: null,
    };
    meter.clear();
    loop.reset();
    this.cpu = process.cpuUsage();
    this.since = now;
    return sample;
  }

  /**
   * Bun opens a file to read the memory. That fails when clients have taken all files that the process may open. The
   * last value is used then.
   */
  private readMemory() {
    try {
      this.memory = process.memoryUsage();
    } catch {
      // The next sample tries again.
    }
    return this.memory;
  }
}

const round = (value: number) => Math.round(value * 1000) / 1000;
