import { useEffect, useState } from "preact/hooks";
import type { MetricRange, MetricsReport } from "../../../protocol/metrics.ts";
import { admin } from "../base/api.ts";
import { merged } from "./merged.ts";

const REFRESH_MS = 5_000;

/**
 * Loads the metrics of the last hour or day, and new ones every five seconds. Without an answer, the last report stays.
 */
export function useMetrics(range: MetricRange): { report: MetricsReport | undefined; error: Error | undefined } {
  const [state, setState] = useState<{ range: MetricRange; report: MetricsReport }>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    let isOver = false;
    let isAsking = false;
    let report: MetricsReport | undefined;
    const ask = async () => {
      if (isAsking || (document.visibilityState === "hidden" && report)) return;
      isAsking = true;
      try {
        const after = (report?.at.at(-1) ?? 0) - 1;
        const { data } = await admin<MetricsReport>("GET", `metrics/?range=${range}&after=${Math.max(0, after)}`);
        if (isOver || !data) return;
        report = report ? merged(report, data) : data;
        setState({ range, report });
        setError(undefined);
      } catch (fault) {
        if (!isOver) setError(fault as Error);
      } finally {
        isAsking = false;
      }
    };
    void ask();
    const timer = setInterval(ask, REFRESH_MS);
    document.addEventListener("visibilitychange", ask);
    return () => {
      isOver = true;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", ask);
    };
  }, [range]);
  return { report: state?.range === range ? state.report : undefined, error };
}
