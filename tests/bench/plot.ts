import { LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** Lines over one x axis; the y axis starts at zero, so that what looks flat is flat. */
export interface LinePlot {
  title: string;
  xLabel: string;
  yLabel: string;
  logX: boolean;
  series: { name: string; points: [x: number, y: number][] }[];
}

const SIZE = { width: 860, height: 480 };
/** Okabe and Ito's: told apart by eyes of all kinds. */
const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F"];
const SHAPES = ["circle", "rect", "triangle", "diamond"];
const INK = "#24292f";

/** The plot as an SVG file's text, on a ground of its own: it reads on light and on dark pages. */
export function linePlot({ title, xLabel, yLabel, logX, series }: LinePlot): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, ...SIZE });
  const name = { nameTextStyle: { color: INK }, axisLabel: { color: INK } };
  chart.setOption({
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: "sans-serif" },
    color: COLOURS,
    animation: false,
    title: { text: title, left: "center", top: 8, textStyle: { color: INK, fontSize: 15 } },
    legend: { bottom: 4, textStyle: { color: INK } },
    grid: { left: 76, right: 28, top: 56, bottom: 108 },
    xAxis: { type: logX ? "log" : "value", name: xLabel, nameLocation: "middle", nameGap: 28, ...name },
    yAxis: { type: "value", min: 0, name: yLabel, nameLocation: "middle", nameGap: 56, ...name },
    series: series.map(({ name, points }, i) => ({
      type: "line",
      name,
      data: points,
      symbol: SHAPES[Math.floor(i / COLOURS.length + i) % SHAPES.length],
      symbolSize: 7,
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
