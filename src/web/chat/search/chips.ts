import type { ConfabClient, User } from "../../../sdk/index.ts";
import { fold } from "../../../text/fold.ts";
import { type Operator, parseQuery } from "../../../text/search-query.ts";
import { searchTexts } from "../../texts/search.ts";
import { texts } from "../../texts/texts.ts";
import { titleOf } from "../base/conversation-title.ts";
import { knownConversations } from "../base/known-conversations.ts";

const days = new Intl.DateTimeFormat(texts.language, { dateStyle: "medium", timeZone: "UTC" });

export interface Chip {
  label: string;
  operator: Operator;
}

/** The filters of a query, in words. */
export const chipsOf = (query: string, client: ConfabClient, me: User | undefined): Chip[] =>
  parseQuery(query)
    .operators.filter(({ value }) => value !== "")
    .map((operator) => ({ operator, label: labelOf(operator, client, me) }));

function labelOf({ name, value }: Operator, client: ConfabClient, me: User | undefined): string {
  const { chips, kinds } = searchTexts;
  switch (name) {
    case "from":
      return chips.from(personName(value, client, me));
    case "in":
      return chips.in(conversationTitle(value, client, me));
    case "has":
      return chips.has(Object.entries(kinds).find(([kind]) => kind === value)?.[1] ?? value);
    default:
      return chips[name](dayText(value));
  }
}

function personName(value: string, client: ConfabClient, me: User | undefined): string {
  const sought = fold(value);
  const people = knownConversations(client).flatMap(({ info }) => info?.participants ?? []);
  const found = [...(me ? [me] : []), ...people].find(
    ({ id, email }) => String(id) === value || fold(email) === sought,
  );
  return found && found.id === me?.id ? searchTexts.you : (found?.full_name ?? value);
}

function conversationTitle(value: string, client: ConfabClient, me: User | undefined): string {
  const found = knownConversations(client).find(({ id }) => id === value.toLowerCase());
  return found ? titleOf(found, me) : value;
}

function dayText(value: string): string {
  const time = Date.parse(value);
  return Number.isNaN(time) ? value : days.format(time);
}
