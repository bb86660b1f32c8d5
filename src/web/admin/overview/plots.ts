import type { MetricName } from "../../../protocol/metrics.ts";
import { adminTexts } from "../../texts/admin/texts.ts";

const { overview: texts } = adminTexts;

export interface PlotKind {
  title: string;
  /** Says what the numbers measure. */
  hint: string;
  format: (value: number) => string;
  isBytes?: boolean;
  lines: readonly { metric: MetricName; label: string }[];
  /** The metric that the plot shows if each node has a line. */
  ofNode: MetricName;
}

const perSecond = (value: number) => texts.perSecond(value);
const ms = (value: number) => texts.ms(value);

export const PLOTS: readonly PlotKind[] = [
  {
    ...texts.plots.connections,
    format: (value) => adminTexts.number(value),
    lines: [{ metric: "connections", label: texts.lines.sockets }],
    ofNode: "connections",
  },
  {
    ...texts.plots.messages,
    format: perSecond,
    lines: [
      { metric: "messages_per_s", label: texts.lines.stored },
      { metric: "deliveries_per_s", label: texts.lines.delivered },
    ],
    ofNode: "messages_per_s",
  },
  {
    ...texts.plots.delivery,
    format: ms,
    lines: [
      { metric: "delivery_p50_ms", label: texts.lines.half },
      { metric: "delivery_p99_ms", label: texts.lines.p99 },
    ],
    ofNode: "delivery_p99_ms",
  },
  {
    ...texts.plots.requests,
    format: perSecond,
    lines: [
      { metric: "requests_2xx_per_s", label: texts.lines.fine },
      { metric: "requests_4xx_per_s", label: texts.lines.refused },
    ],
    ofNode: "requests_2xx_per_s",
  },
  {
    ...texts.plots.errors,
    format: perSecond,
    lines: [
      { metric: "requests_5xx_per_s", label: texts.lines.answers },
      { metric: "frame_errors_per_s", label: texts.lines.frames },
    ],
    ofNode: "requests_5xx_per_s",
  },
  {
    ...texts.plots.loop,
    format: ms,
    lines: [{ metric: "loop_delay_p99_ms", label: texts.lines.p99 }],
    ofNode: "loop_delay_p99_ms",
  },
  {
    ...texts.plots.cpu,
    format: (value) => texts.percent(value),
    lines: [{ metric: "cpu", label: texts.lines.cpu }],
    ofNode: "cpu",
  },
  {
    ...texts.plots.memory,
    format: (value) => adminTexts.bytes(value),
    isBytes: true,
    lines: [
      { metric: "rss_bytes", label: texts.lines.process },
      { metric: "heap_bytes", label: texts.lines.heap },
    ],
    ofNode: "rss_bytes",
  },
];
