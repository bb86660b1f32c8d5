import { Icon } from "../../design/icon.tsx";
import { Menu } from "../../design/menu.tsx";
import { searchTexts } from "../../texts/search.ts";
import { useSession } from "../session/context.ts";
import { chipsOf } from "./chips.ts";
import { DateFilter } from "./date-filter.tsx";
import { FilterButton } from "./filter-button.tsx";
import { type OperatorName, withOperator, withoutOperator } from "./operators.ts";
import { ConversationFilter, PersonFilter } from "./pick-filter.tsx";
import type { Sort } from "./results.ts";

export interface FiltersProps {
  query: string;
  sort: Sort;
  onChange: (query: string) => void;
  onSort: (sort: Sort) => void;
}

/** The filters of a query as chips, and buttons that add more. Both only write the query. */
export function Filters({ query, sort, onChange, onSort }: FiltersProps) {
  const { client, me } = useSession();
  const chips = chipsOf(query, client, me.value);
  const add = (name: OperatorName, value: string) => onChange(withOperator(query, name, value));
  const chosen = (name: OperatorName, close: () => void) => (value: string) => {
    close();
    add(name, value);
  };
  const { kindLabels, sorts } = searchTexts;
  return (
    <fieldset class="search-filters">
      <legend class="visually-hidden">{searchTexts.filters}</legend>
      {chips.map(({ label, operator }) => (
        <button
          key={`${operator.start} ${label}`}
          type="button"
          class="chip"
          aria-label={searchTexts.removeFilter(label)}
          onClick={() => onChange(withoutOperator(query, operator))}
        >
          <bdi class="clip">{label}</bdi>
          <Icon name="close" />
        </button>
      ))}
      <FilterButton icon="user" label={searchTexts.from}>
        {(close) => <PersonFilter onChoose={chosen("from", close)} />}
      </FilterButton>
      <FilterButton icon="message" label={searchTexts.in}>
        {(close) => <ConversationFilter onChoose={chosen("in", close)} />}
      </FilterButton>
      <Menu
        class="filter-button"
        icon="link"
        label={searchTexts.has}
        face={
          <>
            <Icon name="link" /> {searchTexts.has}
          </>
        }
        items={(["file", "image", "link"] as const).map((kind) => ({
          label: kindLabels[kind],
          onSelect: () => add("has", kind),
        }))}
      />
      <FilterButton icon="clock" label={searchTexts.date}>
        {(close) => (
          <DateFilter
            query={query}
            onChange={(changed) => {
              close();
              onChange(changed);
            }}
          />
        )}
      </FilterButton>
      <Menu
        class="filter-button filter-sort"
        icon="down"
        label={`${searchTexts.sort}: ${sorts[sort]}`}
        face={
          <>
            {sorts[sort]} <Icon name="down" />
          </>
        }
        items={(["newest", "oldest"] as const).map((one) => ({
          label: sorts[one],
          ...(one === sort && { icon: "check" as const }),
          onSelect: () => onSort(one),
        }))}
      />
    </fieldset>
  );
}
