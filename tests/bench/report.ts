import { labelOf, type Metric } from "./metrics.ts";
import { figureOf, isMet, type MeasuredSide, type Results, ratioOf } from "./results.ts";
import type { Goal, Scenario } from "./scenario.ts";
import type { Spread } from "./spread.ts";
import { table } from "./table.ts";

const NOT_MEASURED = "not measured";
const threeDigits = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** The table of a scenario: a row a metric, a column a side, the ratio of the first two sides, and the goal. */
export function scenarioTable({ per, metrics, goals, isComparison }: Scenario, sides: MeasuredSide[]): string {
  const hasRatio = isComparison && sides.length > 1;
  const hasGoals = goals.length > 0;
  const names = sides.map(({ name }) => name);
  const head = ["", ...names, ...(hasRatio ? [names.slice(0, 2).join(" / ")] : []), ...(hasGoals ? ["goal"] : [])];
  const row = (metric: Metric) => [
    labelOf(metric, per),
    ...sides.map((side) => shown(figureOf(side, metric), threeDigits.format)),
    ...(hasRatio ? [ratioCell(sides, metric)] : []),
    ...(hasGoals
      ? [
          goals
            .filter((goal) => goal.metric === metric)
            .map((goal) => goalCell(sides, goal))
            .join(", "),
        ]
      : []),
  ];
  return table([head, ...metrics.map(row)]);
}

/** Every goal and what came of it. */
export function goalsTable(scenarios: readonly Scenario[], results: Results): string {
  const rows = scenarios.flatMap((scenario) => {
    const sides = results.scenarios[scenario.title] ?? [];
    return scenario.goals.map((goal) => {
      const { metric, of } = goal;
      const value = shown(figureOf(sides[0], metric), threeDigits.format);
      const ratio = of === "ratio" ? shown(ratioOf(sides, metric), twoDecimals) : "";
      const against = of === "ratio" ? (sides[1]?.name ?? "") : "";
      return [scenario.title, labelOf(metric, scenario.per), value, against, ratio, goalCell(sides, goal)];
    });
  });
  return table([["scenario", "measured", "", "beside", "ratio", "goal"], ...rows]);
}

function goalCell(sides: MeasuredSide[], goal: Goal): string {
  const { of, atLeast, atMost } = goal;
  const sign = atLeast === undefined ? "≤" : "≥";
  const bound = threeDigits.format(atLeast ?? atMost ?? 0);
  const met = { true: "met", false: "**missed**", undefined: NOT_MEASURED }[`${isMet(sides, goal)}`];
  return `${sign} ${bound}${of === "ratio" ? " ×" : ""}: ${met}`;
}

/** Nothing has no ratio to nothing. */
const ratioCell = (sides: MeasuredSide[], metric: Metric) =>
  figureOf(sides[1], metric)?.max === 0 ? "" : shown(ratioOf(sides, metric), twoDecimals);

/** The median and, of several rounds, the least and the most. */
function shown(spread: Spread | undefined, format: (value: number) => string): string {
  if (!spread) return NOT_MEASURED;
  const [median, min, max] = [spread.median, spread.min, spread.max].map(format);
  return min === max ? `${median}` : `${median} (${min}–${max})`;
}

const twoDecimals = (value: number) => value.toFixed(2);
