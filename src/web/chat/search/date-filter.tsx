import { useId, useState } from "preact/hooks";
import { parseQuery } from "../../../text/search-query.ts";
import { Button } from "../../design/button.tsx";
import { searchTexts } from "../../texts/search.ts";
import { type OperatorName, withOperator, withoutOperator } from "./operators.ts";

/** Days back from today, with the first of them. */
const SPANS = { today: 0, week: 6, month: 29, year: 364 } as const;

/** A day of this device's calendar, as `2026-03-01`. */
function dayBefore(days: number): string {
  const date = new Date();
  date.setDate(date.getDate() - days);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

const valueIn = (query: string, name: OperatorName) =>
  parseQuery(query).operators.find((operator) => operator.name === name)?.value ?? "";

/** Writes an operator, or takes it out when the value is empty. */
function withDay(query: string, name: "after" | "before", day: string): string {
  if (day !== "") return withOperator(query, name, day);
  const found = parseQuery(query).operators.find((operator) => operator.name === name);
  return found ? withoutOperator(query, found) : query;
}

/** Chooses the days of messages: one of some spans, or dates. */
export function DateFilter({ query, onChange }: { query: string; onChange: (query: string) => void }) {
  const id = useId();
  const [after, setAfter] = useState(valueIn(query, "after"));
  const [before, setBefore] = useState(valueIn(query, "before"));
  return (
    <form
      class="date-filter"
      onSubmit={(event) => {
        event.preventDefault();
        onChange(withDay(withDay(query, "after", after), "before", before));
      }}
    >
      <div class="date-spans">
        {(["today", "week", "month", "year"] as const).map((span) => (
          <Button
            key={span}
            kind="quiet"
            onClick={() => onChange(withDay(withDay(query, "before", ""), "after", dayBefore(SPANS[span])))}
          >
            {searchTexts.dates[span]}
          </Button>
        ))}
      </div>
      <div class="date-fields">
        <label for={`${id}-after`} class="field-label">
          {searchTexts.since}
        </label>
        <input
          id={`${id}-after`}
          type="date"
          class="date-input"
          value={after}
          onInput={(event) => setAfter(event.currentTarget.value)}
        />
        <label for={`${id}-before`} class="field-label">
          {searchTexts.before}
        </label>
        <input
          id={`${id}-before`}
          type="date"
          class="date-input"
          value={before}
          onInput={(event) => setBefore(event.currentTarget.value)}
        />
      </div>
      <Button type="submit" kind="primary">
        {searchTexts.apply}
      </Button>
    </form>
  );
}
