/** A sentence or more, and the line of the file on which it begins. */
export interface Text {
  line: number;
  text: string;
}

/** Texts as they are found. Lines that follow each other are one text. */
class Texts {
  readonly all: Text[] = [];
  private isOpen = false;
  begin(line: number, text: string) {
    this.all.push({ line, text });
    this.isOpen = true;
  }
  add(line: number, text: string) {
    const last = this.all.at(-1);
    if (this.isOpen && last) last.text += ` ${text}`;
    else this.begin(line, text);
  }
  end() {
    this.isOpen = false;
  }
}

/** The comments of TypeScript and CSS, the names of tests, and the texts of the pages. */
function ofCode(path: string, source: string): Text[] {
  const texts = new Texts();
  let inBlock = false;
  for (const [index, line] of source.split("\n").entries()) {
    const n = index + 1;
    const inLine = /(?:^|\s)\/\/ ?(.*)$/.exec(line)?.[1];
    if (!inBlock && inLine !== undefined) {
      texts.add(n, inLine);
      continue;
    }
    if (!inBlock) texts.end();
    const name =
      path.startsWith("tests/") && /(?:\b(?:test|it|describe\w*)\b[^"`]*|^ *\]?\))\(\s*(["`])(.*?)\1/.exec(line)?.[2];
    if (name)
      texts.begin(
        n,
        name.replace(/^\w/, (letter) => letter.toUpperCase()),
      );
    if (path.startsWith("src/web/texts/"))
      for (const [, , text = ""] of line.matchAll(/(["`])((?:\\.|(?!\1).)*)\1/g)) texts.begin(n, text);
    if (!inBlock && !/(?:^|[\s{(])\/\*/.test(line)) continue;
    const inner = line.replace(/^.*?\/\*+|^\s*\*(?!\/)|\*\/.*$/g, "").trim();
    if (!inBlock || /^[@-]/.test(inner)) texts.begin(n, inner.replace(/^@\w+\s+(?:[\w.]+\s)?/, ""));
    else texts.add(n, inner);
    inBlock = !line.includes("*/");
  }
  return texts.all;
}

/** The paragraphs, cells and headings of Markdown without its code, or the comments of a language whose comments begin with `mark`. */
function ofLines(source: string, mark?: RegExp): Text[] {
  const texts = new Texts();
  let inCode = false;
  for (const [index, line] of source.split("\n").entries()) {
    if (!mark && /^\s*```/.test(line)) inCode = !inCode;
    const text = mark ? mark.exec(line)?.[1] : inCode || line.startsWith("```") ? undefined : line.trim();
    if (!text) texts.end();
    else if (!mark && /^(?:[|#>]|[-*] |\d+\. )/.test(text)) {
      for (const part of text.replace(/^(?:[#>|*-]+|\d+\.)\s*/, "").split(/\s\|\s*|\s·\s/))
        texts.begin(index + 1, part);
      if (/^[|#]/.test(text)) texts.end();
    } else texts.add(index + 1, text);
  }
  return texts.all;
}

/** The texts of a file that people read. Other languages have none. */
export function textsOf(path: string, source: string): Text[] {
  if (/\.(?:tsx?|css)$/.test(path)) return ofCode(path, source);
  if (path.endsWith(".md")) return ofLines(source);
  if (/\.(?:sql|lua)$/.test(path)) return ofLines(source, /(?:^|\s)-- ?(.*)$/);
  if (/\.(?:sh|ya?ml|service|conf|toml)$|(?:^|\/)(?:Dockerfile|Caddyfile|run)$/.test(path))
    return ofLines(source, /(?:^|\s)# ?(.*)$/);
  return [];
}
