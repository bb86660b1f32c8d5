import { isInWord, isWord } from "../text/borders.ts";
import { fold } from "../text/fold.ts";
import { parse } from "../text/parse.ts";
import { plainOf } from "../text/plain.ts";

/** The parts of a message that its author has written: quotes belong to others. */
const ownText = (content: string) => plainOf(parse(content).filter(({ kind }) => kind !== "quote"));

const folded = (text: string) => fold(text).replace(/\s+/g, " ");

/** The first of the keywords that a message has as a whole word. Case and accents make no difference. */
export function keywordIn(content: string, keywords: readonly string[]): string | undefined {
  if (keywords.length === 0) return undefined;
  const text = folded(ownText(content));
  return keywords.find((keyword) => hasWord(text, folded(keyword).trim()));
}

function hasWord(text: string, word: string): boolean {
  if (word === "") return false;
  const first = String.fromCodePoint(word.codePointAt(0) ?? 0);
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const end = at + word.length;
    const beginsWord = !isWord(first) || !isInWord(text, at);
    if (beginsWord && (!isInWord(text, end) || !isWord(String.fromCodePoint(text.codePointAt(end) ?? 0)))) return true;
  }
  return false;
}
