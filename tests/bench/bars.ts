import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([SVGRenderer, BarChart, GridComponent, LegendComponent, TitleComponent]);

export interface Bars {
  title: string;
  /** The unit of the bars' lengths. */
  unit: string;
  categories: string[];
  /** A value a category; those of one `stack` stand on each other. */
  series: { name: string; values: (number | undefined)[]; stack?: string }[];
}

/** Of the widest font that a reader may have: no label may be cut off. */
const LETTER_PX = 7.5;
const INK = "#1f2328";
const COLORS = ["#2563eb", "#9ca3af", "#f59e0b"];
const threeDigits = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** A bar chart as SVG, on a background of its own: it can be read on a light page and on a dark one. */
export function barPlot({ title, unit, categories, series }: Bars): string {
  const height = 130 + categories.length * 24 * (series.some(({ stack }) => stack) ? 1 : series.length);
  const longest = Math.max(...categories.map((category) => category.length));
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 820, height });
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    color: COLORS,
    textStyle: { color: INK, fontFamily: "sans-serif" },
    title: { text: title, left: 16, top: 12, textStyle: { color: INK, fontSize: 15 } },
    legend: { right: 16, top: 12, textStyle: { color: INK } },
    grid: { left: 16 + longest * LETTER_PX, right: 70, top: 50, bottom: 40, outerBoundsMode: "none" },
    xAxis: { type: "value", name: unit, nameLocation: "middle", nameGap: 28 },
    yAxis: { type: "category", data: categories, inverse: true, axisLabel: { color: INK } },
    series: series.map(({ name, values, stack }) => ({
      type: "bar",
      name,
      data: values.map((value) => value ?? null),
      ...(stack ? { stack } : { label: labels }),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

const labels = {
  show: true,
  position: "right",
  color: INK,
  formatter: ({ value }: { value: unknown }) => (typeof value === "number" ? threeDigits.format(value) : ""),
} as const;
