import type { SearchHit } from "../../../sdk/index.ts";
import { searchTexts } from "../../texts/search.ts";
import { texts } from "../../texts/texts.ts";
import { dayLabel, daysBetween } from "../messages/times.ts";
import { today } from "../messages/today.ts";

const month = new Intl.DateTimeFormat(texts.language, { month: "long", year: "numeric" });

/** The heading above a message: a day, the last week, or a month. */
function labelOf(iso: string, now: Date): string {
  const date = new Date(iso);
  const days = daysBetween(date, now);
  if (days <= 1) return dayLabel(iso, now);
  return days < 7 ? searchTexts.thisWeek : month.format(date);
}

export interface Group {
  label: string;
  items: SearchHit[];
}

/** Groups found messages, which stand in the order of their times. */
export function groupsOf(hits: readonly SearchHit[]): Group[] {
  const groups: Group[] = [];
  for (const hit of hits) {
    const label = labelOf(hit.message.created_at, today.value);
    const last = groups.at(-1);
    if (last?.label === label) last.items.push(hit);
    else groups.push({ label, items: [hit] });
  }
  return groups;
}
