import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import { adminTexts } from "../../texts/admin/texts.ts";
import { lonePoints } from "./lone-points.ts";

type Values = readonly (number | null)[];

export interface PlotProps {
  title: string;
  hint: string;
  /** Milliseconds since the epoch. */
  at: readonly number[];
  lines: readonly { id: string; label: string; values: Values }[];
  format: (value: number) => string;
  /** The axis uses powers of two. */
  isBytes?: boolean | undefined;
  /** The span of the time axis in milliseconds. It ends at the newest point. */
  spanMs: number;
  stepMs: number;
}

const HEIGHT_PX = 150;
/** The possible distances of grid lines: 1, 2, 5, 10 … from thousandths on, and powers of two. */
const TENFOLD = Array.from({ length: 42 }, (_, i) => ([1, 2, 5][i % 3] ?? 1) * 10 ** (Math.floor(i / 3) - 3));
const TWOFOLD = Array.from({ length: 45 }, (_, i) => 2 ** i);
const LEAST_SPAN_MS = 5 * 60_000;
/** The number of `--plot-N` colours in overview.css. */
const COLOURS = 6;
const { overview: texts } = adminTexts;

/**
 * Lines over time, with numbers above them. They show the newest point, or in all plots the point under the pointer.
 */
export function Plot({ title, hint, at, lines, format, isBytes = false, spanMs, stepMs }: PlotProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | undefined>(undefined);
  const pointed = useSignal<number | undefined>(undefined);
  const shown = useRef({ at, lines, format, spanMs });
  shown.current = { at, lines, format, spanMs };
  const labels = lines.map(({ label }) => label).join("\n");

  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new UPlot(
        optionsFor(element, labels.split("\n").length, {
          format: (value) => shown.current.format(value),
          incrs: isBytes ? TWOFOLD : TENFOLD,
          range: () => rangeOf(shown.current.at, shown.current.spanMs),
          onPoint: (index) => {
            pointed.value = index;
          },
        }),
        dataOf(shown.current.at, shown.current.lines),
        element,
      );
    };
    draw();
    const sizes = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    sizes.observe(element);
    // The plot reads its colours from the page only when it is drawn.
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const themes = new MutationObserver(draw);
    themes.observe(document.documentElement, { attributeFilter: ["data-theme", "data-text"] });
    dark.addEventListener("change", draw);
    return () => {
      sizes.disconnect();
      themes.disconnect();
      dark.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [labels]);

  useEffect(() => {
    plot.current?.setData(dataOf(at, lines));
  }, [at, lines]);

  const index = pointed.value !== undefined && pointed.value < at.length ? pointed.value : at.length - 1;
  const moment = at[index];
  return (
    <figure class="plot">
      <figcaption class="plot-head">
        <h3 data-tip={hint}>{title}</h3>
        <p class="plot-moment soft">{pointed.value === undefined || moment === undefined ? "" : texts.at(moment)}</p>
      </figcaption>
      <ul class="plot-legend">
        {lines.map(({ id, label, values }, i) => (
          <li key={id}>
            <span class={`plot-mark plot-mark-${i % COLOURS}`} aria-hidden="true" />
            <span class="soft" dir="auto">
              {label}
            </span>{" "}
            <strong>{valueAt(values, index, pointed.value === undefined ? stepMs : 0, format)}</strong>
          </li>
        ))}
      </ul>
      <div ref={holder} class="plot-canvas" dir="ltr" role="img" aria-label={describe(title, lines, format)} />
    </figure>
  );
}

/** The newest sample may not have arrived yet. Unless somebody points at it, the sample before it stands in. */
function valueAt(values: Values, index: number, stepMs: number, format: (value: number) => string): string {
  const value = values[index] ?? (stepMs > 0 ? values[index - 1] : null);
  return value === null || value === undefined ? "–" : format(value);
}

function describe(title: string, lines: PlotProps["lines"], format: PlotProps["format"]): string {
  const parts = lines.map(({ label, values }) => {
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return texts.noValues(label);
    return texts.between(label, format(Math.min(...known)), format(Math.max(...known)));
  });
  return `${title}. ${parts.join(" ")}`;
}

function dataOf(at: readonly number[], lines: PlotProps["lines"]): UPlot.AlignedData {
  return [[...at], ...lines.map(({ values }) => [...values])];
}

/**
 * The range of known points, but at least some minutes. Otherwise the first points would stretch over the whole width.
 */
function rangeOf(at: readonly number[], spanMs: number): [number, number] {
  const newest = at.at(-1) ?? Date.now();
  const known = newest - (at[0] ?? newest);
  return [newest - Math.min(spanMs, Math.max(known, LEAST_SPAN_MS)), newest];
}

interface Needs {
  format: (value: number) => string;
  incrs: number[];
  range: () => [number, number];
  onPoint: (index: number | undefined) => void;
}

function optionsFor(element: HTMLElement, count: number, needs: Needs): UPlot.Options {
  const { format, incrs, range, onPoint } = needs;
  const colour = (name: string) => colourOf(element, name);
  const [ink, line] = [colour("--ink-soft"), colour("--line")];
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const axis = { stroke: ink, font, ticks: { show: false }, grid: { stroke: line, width: 1 } };
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    ms: 1,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: "overview" }, drag: { x: false, y: false }, points: { size: 6 }, y: false },
    scales: { x: { time: true, range }, y: { range: (_, __, most) => [0, topOf(most)] } },
    axes: [
      { ...axis, grid: { show: false }, space: 44, size: 24, values: (_, moments) => moments.map(texts.clock) },
      { ...axis, size: 56, space: 32, incrs, values: (_, values) => values.map(format) },
    ],
    series: [
      {},
      ...Array.from({ length: count }, (_, i) => ({
        stroke: colour(`--plot-${i % COLOURS}`),
        width: 1.5,
        points: { show: false, size: 4, filter: lonePointsOf },
        spanGaps: false,
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)] },
  };
}

const lonePointsOf = ({ data }: UPlot, series: number) => lonePoints(data[series] ?? []);

/** Leaves room above the highest value. If all values are zero, the line lies at the bottom. */
const topOf = (most: number | null) => (most ? most * 1.15 : 1);

/** Returns the colour of a CSS variable in the current theme. */
function colourOf(element: HTMLElement, name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
