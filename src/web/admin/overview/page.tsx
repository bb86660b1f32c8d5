import { useMemo, useState } from "preact/hooks";
import type { MetricRange, MetricsReport } from "../../../protocol/metrics.ts";
import { Choice } from "../../design/choice.tsx";
import { Icon } from "../../design/icon.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { adminTexts } from "../../texts/admin/texts.ts";
import { Page } from "../parts/page.tsx";
import { Days } from "./days.tsx";
import { useMetrics } from "./metrics.ts";
import { Nodes } from "./nodes.tsx";
import { Plot } from "./plot.tsx";
import { PLOTS, type PlotKind } from "./plots.ts";
import { Tiles } from "./tiles.tsx";

type Scope = "together" | "nodes";

const SPAN_MS: Record<MetricRange, number> = { hour: 3_600_000, day: 24 * 3_600_000 };
const { overview: texts } = adminTexts;
const RANGES = (["hour", "day"] as const).map((value) => ({ value, label: texts.ranges[value] }));
const SCOPES = (["together", "nodes"] as const).map((value) => ({ value, label: texts.scopes[value] }));

export function Overview() {
  const [range, setRange] = useState<MetricRange>("hour");
  const [scope, setScope] = useState<Scope>("together");
  const { report, error } = useMetrics(range);
  const hasNodes = (report?.nodes.length ?? 0) > 1;
  return (
    <Page
      title={adminTexts.views.overview}
      tools={
        <>
          {hasNodes && <Choice label={texts.scope} options={SCOPES} value={scope} onChange={setScope} />}
          <Choice label={texts.range} options={RANGES} value={range} onChange={setRange} />
        </>
      }
    >
      <div role="alert">
        {error && (
          <p class="notice notice-error">
            <Icon name="warning" />
            <span>{texts.stale(error.message)}</span>
          </p>
        )}
      </div>
      {report ? (
        <div class={error && "picture-old"}>
          <Picture report={report} spanMs={SPAN_MS[range]} scope={hasNodes ? scope : "together"} />
        </div>
      ) : (
        !error && <Skeleton lines={8} />
      )}
    </Page>
  );
}

function Picture({ report, spanMs, scope }: { report: MetricsReport; spanMs: number; scope: Scope }) {
  if (report.at.length === 0) return <p class="empty">{texts.nothingYet}</p>;
  return (
    <>
      <Tiles report={report} />
      <h2 class="visually-hidden">{texts.overTime}</h2>
      <div class="plots">
        {PLOTS.map((kind) => (
          <OnePlot key={kind.title} kind={kind} report={report} spanMs={spanMs} scope={scope} />
        ))}
      </div>
      <Days />
      <Nodes report={report} />
    </>
  );
}

function OnePlot(props: { kind: PlotKind; report: MetricsReport; spanMs: number; scope: Scope }) {
  const { kind, report, spanMs, scope } = props;
  const lines = useMemo(
    () =>
      scope === "nodes"
        ? report.nodes.map(({ id, name, is_alive, series }) => ({
            id,
            label: is_alive ? name : texts.ended(name),
            values: series[kind.ofNode],
          }))
        : kind.lines.map(({ metric, label }) => ({ id: metric, label, values: report.total[metric] })),
    [kind, report, scope],
  );
  const { title, hint, format, isBytes } = kind;
  return (
    <Plot
      title={title}
      hint={hint}
      at={report.at}
      lines={lines}
      format={format}
      isBytes={isBytes}
      spanMs={spanMs}
      stepMs={report.step_ms}
    />
  );
}
