import type { SearchAsked } from "../../../src/server/features/search/service.ts";
import { parseQuery } from "../../../src/text/search-query.ts";
import { type Corpus, ELSEWHERE, type Filled, Numbers } from "./corpus.ts";

export interface Asked {
  search: SearchAsked;
  q: string;
  /** The same for `to_tsvector('simple')`. `undefined`: it can't find this, or not in this order. */
  tsquery: string | undefined;
}

/** Makes queries of each kind. */
export function queriesOf({ userId, rare }: Filled, corpus: Corpus): Record<string, () => Asked> {
  const numbers = new Numbers(99);
  const between = (low: number, high: number) => corpus.word(low + numbers.below(high - low));
  const asked = (q: string, tsquery?: string, more: Partial<SearchAsked> = {}): Asked => ({
    search: { query: parseQuery(q), conversationId: undefined, isOldest: false, after: undefined, limit: 20, ...more },
    q,
    tsquery,
  });
  const word = (text: string) => asked(`${text} `, `'${text}'`);
  return {
    rare: () => word(between(20_000, 59_000)),
    middling: () => word(between(500, 3_000)),
    common: () => word(between(0, 20)),
    "two words": () => {
      const [a, b] = [between(5, 100), between(20, 300)];
      return asked(`${a} ${b} `, `'${a}' & '${b}'`);
    },
    phrase: () => {
      const [a, b] = [between(0, 3_000), between(0, 3_000)];
      return asked(`"${a} ${b}"`, `'${a}' <-> '${b}'`);
    },
    "common phrase": () => {
      const [a, b] = [between(0, 30), between(0, 30)];
      return asked(`"${a} ${b}"`, `'${a}' <-> '${b}'`);
    },
    prefix: () => {
      const text = between(300, 20_000).slice(0, 4);
      return asked(text, `'${text}':*`);
    },
    cjk: () => asked(["東京", "会議", "設定問題", "明日今", "大"][numbers.below(5)] ?? ""),
    "a person": () => asked(`from:${userId} ${between(0, 50)} `),
    oldest: () => asked(`${between(50, 5_000)} `, undefined, { isOldest: true }),
    "of others alone": () => word(ELSEWHERE),
    "rare conversation": () => asked(`${between(0, 3)} `, undefined, { conversationId: rare }),
  };
}
