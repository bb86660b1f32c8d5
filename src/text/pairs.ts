/** The runs of one sign, as of backticks. Places are asked for in rising order. */
export class Runs {
  /** The beginnings of runs, by their length. */
  private readonly starts = new Map<number, { places: number[]; next: number }>();
  private readonly spent = new Set<number>();

  constructor(
    private readonly text: string,
    private readonly sign: string,
  ) {
    for (let at = text.indexOf(sign); at >= 0; ) {
      const end = this.endOfRun(at);
      const known = this.starts.get(end - at);
      if (known) known.places.push(at);
      else this.starts.set(end - at, { places: [at], next: 0 });
      at = text.indexOf(sign, end);
    }
  }

  endOfRun(at: number): number {
    let end = at;
    while (this.text.charAt(end) === this.sign) end++;
    return end;
  }

  /** The next run of the same length. */
  closing(at: number): number | undefined {
    const runs = this.starts.get(this.endOfRun(at) - at);
    if (!runs || this.spent.has(at)) return undefined;
    while ((runs.places[runs.next] ?? this.text.length) <= at) runs.next++;
    return runs.places[runs.next];
  }

  /** A run that opens nothing, because a backslash took its partner. */
  spend(at: number): void {
    this.spent.add(at);
  }

  isSpent(at: number): boolean {
    return this.spent.has(at);
  }
}

/** For each opening parenthesis the one that closes it. There is no space between them. */
export function closingParentheses(text: string): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  let open: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "(") open.push(at);
    else if (character === ")") {
      const start = open.pop();
      if (start !== undefined) found.set(start, at);
    } else if (open.length > 0 && /\s/.test(character)) open = [];
  }
  return found;
}

/** The next place of each text. Places are asked for in rising order, so that all searches take linear time. */
class Nexts {
  private readonly known = new Map<string, number>();

  constructor(private readonly text: string) {}

  next(part: string, from: number): number | undefined {
    const known = this.known.get(part) ?? -1;
    const at = known >= from ? known : this.text.indexOf(part, from);
    this.known.set(part, at < 0 ? Number.POSITIVE_INFINITY : at);
    return at < 0 || at === Number.POSITIVE_INFINITY ? undefined : at;
  }
}

/** A sign of money is followed by a number, or by the name of a variable after a space. */
const DOLLAR = /(?<=[^\s$\\])\$(?![\d$])/g;

/** Formulas as in TeX. Their signs are no marks. */
export class Formulas {
  private readonly nexts: Nexts;
  /** The next dollar sign that can close. */
  private dollar = -1;

  constructor(private readonly text: string) {
    this.nexts = new Nexts(text);
  }

  /** The end of the formula that begins at a place. */
  endOf(at: number): number | undefined {
    const two = this.text.slice(at, at + 2);
    if (two === "\\(") return this.after("\\)", at + 2);
    if (two === "\\[") return this.after("\\]", at + 2);
    if (two === "$$") return this.after("$$", at + 3);
    if (!two.startsWith("$") || !/\S$/.test(two) || two.length < 2) return undefined;
    const close = this.closingDollar(at + 2);
    const line = this.nexts.next("\n", at) ?? this.text.length;
    return close !== undefined && close < line ? close + 1 : undefined;
  }

  private after(sign: string, from: number): number | undefined {
    const at = this.nexts.next(sign, from);
    return at === undefined ? undefined : at + sign.length;
  }

  private closingDollar(from: number): number | undefined {
    if (this.dollar < from) {
      DOLLAR.lastIndex = from;
      this.dollar = DOLLAR.exec(this.text)?.index ?? Number.POSITIVE_INFINITY;
    }
    return this.dollar === Number.POSITIVE_INFINITY ? undefined : this.dollar;
  }
}
