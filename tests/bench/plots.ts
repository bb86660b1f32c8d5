import { join } from "node:path";
import { type Bars, barPlot } from "./bars.ts";
import { CPU_PARTS, type Metric } from "./metrics.ts";
import { FOLDER, figureOf, type Results } from "./results.ts";

const PARTS = ["server", "Redis", "PostgreSQL"];

/** Draws what was measured into the documents' folder; returns the pictures as Markdown. */
export async function drawPlots(results: Results): Promise<string> {
  const cpuOf = (title: string) => cpu(results, title);
  const plots: Record<string, Bars> = {
    rate: beside(results, "At saturation, in percent of the bare server", "% of bare", [
      ["messages/s, dms saturated", "dms saturated", "rate"],
      ["deliveries/s, fanout saturated", "fanout saturated", "deliveries"],
      ["requests/s, history", "history", "requests"],
    ]),
    latency: {
      title: "Latency at a fixed rate",
      unit: "ms",
      ...sideBySide(results, [
        ["dms 500/s, p50", "dms 500/s", "p50"],
        ["dms 500/s, p99", "dms 500/s", "p99"],
        ["fanout 100/s, p50", "fanout 100/s", "p50"],
        ["fanout 100/s, p99", "fanout 100/s", "p99"],
      ]),
    },
    "cpu-message": stacked("CPU per message", [...cpuOf("dms 500/s"), ...cpuOf("dms saturated")]),
    "cpu-delivery": stacked("CPU per delivery", [...cpuOf("fanout 100/s"), ...cpuOf("two nodes 100/s")]),
  };
  const drawn = Object.entries(plots).filter(([, { categories }]) => categories.length > 0);
  for (const [name, bars] of drawn) await Bun.write(join(FOLDER, `${name}.svg`), `${barPlot(bars)}\n`);
  return drawn.map(([name, { title }]) => `![${title}](performance/${name}.svg)`).join("\n\n");
}

type Row = [label: string, title: string, metric: Metric];

const measured = (results: Results, rows: Row[]) => rows.filter(([, title]) => results.scenarios[title]);

function sideBySide(results: Results, rows: Row[]): Pick<Bars, "categories" | "series"> {
  const shown = measured(results, rows);
  const values = (side: number) =>
    shown.map(([, title, metric]) => figureOf(results.scenarios[title]?.[side], metric)?.median);
  return {
    categories: shown.map(([label]) => label),
    series: [
      { name: "Confab", values: values(0) },
      { name: "bare", values: values(1) },
    ],
  };
}

/** Each row's second side is the hundred. */
function beside(results: Results, title: string, unit: string, rows: Row[]): Bars {
  const { categories, series } = sideBySide(results, rows);
  const hundred = series[1]?.values ?? [];
  const share = (value: number | undefined, at: number) => value && (value / (hundred[at] ?? Number.NaN)) * 100;
  return { title, unit, categories, series: series.map((one) => ({ ...one, values: one.values.map(share) })) };
}

interface Stack {
  label: string;
  parts: (number | undefined)[];
}

function cpu(results: Results, title: string): Stack[] {
  const sides = results.scenarios[title] ?? [];
  return sides.map((side) => ({
    label: `${title}, ${side.name}`,
    parts: CPU_PARTS.map((part) => figureOf(side, part)?.median),
  }));
}

const stacked = (title: string, stacks: Stack[]): Bars => ({
  title,
  unit: "µs of one core",
  categories: stacks.map(({ label }) => label),
  series: PARTS.map((name, part) => ({ name, stack: "all", values: stacks.map(({ parts }) => parts[part]) })),
});
