import type { SearchLanguage } from "../../../protocol/search.ts";
import type { Stems } from "../../../text/search-match.ts";

/** The languages whose words have stems here. Each is loaded when a setting names it. */
const LANGUAGES = {
  arabic: () => import("@orama/stemmers/arabic"),
  danish: () => import("@orama/stemmers/danish"),
  dutch: () => import("@orama/stemmers/dutch"),
  english: () => import("@orama/stemmers/english"),
  finnish: () => import("@orama/stemmers/finnish"),
  french: () => import("@orama/stemmers/french"),
  german: () => import("@orama/stemmers/german"),
  greek: () => import("@orama/stemmers/greek"),
  hungarian: () => import("@orama/stemmers/hungarian"),
  italian: () => import("@orama/stemmers/italian"),
  norwegian: () => import("@orama/stemmers/norwegian"),
  portuguese: () => import("@orama/stemmers/portuguese"),
  romanian: () => import("@orama/stemmers/romanian"),
  russian: () => import("@orama/stemmers/russian"),
  spanish: () => import("@orama/stemmers/spanish"),
  swedish: () => import("@orama/stemmers/swedish"),
  turkish: () => import("@orama/stemmers/turkish"),
} as const satisfies Record<SearchLanguage, unknown>;

/** The stems of so many words are remembered. */
const KEPT = 50_000;

/** The stems of words in some languages. `undefined`: no language is given, and words match as they are. */
export async function openStems(languages: readonly SearchLanguage[]): Promise<Stems | undefined> {
  if (languages.length === 0) return undefined;
  const stemmers = await Promise.all(languages.map(async (language) => (await LANGUAGES[language]()).stemmer));
  let known = new Map<string, readonly string[]>();
  return (lexeme) => {
    const there = known.get(lexeme);
    if (there) return there;
    if (known.size >= KEPT) known = new Map();
    const stems = [...new Set(stemmers.map((stemmer) => stemmer(lexeme)))].filter((stem) => stem !== "");
    known.set(lexeme, stems);
    return stems;
  };
}
