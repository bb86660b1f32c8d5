import type { Column } from "./parsed.ts";

/** The columns of a line such as `|---|:-:|`. */
export function columnsOf(line: string): Column[] | undefined {
  if (!line.includes("|") || !line.includes("-")) return undefined;
  const cells = cellsOf(line);
  if (!cells.every((cell) => /^:?-+:?$/.test(cell))) return undefined;
  return cells.map((cell) => (cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "end") : "start"));
}

/** The texts between the bars of a line. A backslash keeps a bar within its cell. */
export function cellsOf(line: string): string[] {
  const row = line.trim();
  const cells: string[] = [];
  let cell = "";
  for (let at = row.startsWith("|") ? 1 : 0; at < row.length; at++) {
    const character = row.charAt(at);
    if (character === "|") {
      cells.push(cell.trim());
      cell = "";
    } else if (character === "\\" && row.charAt(at + 1) === "|") {
      cell += "|";
      at++;
    } else cell += character;
  }
  if (cell !== "" || !row.endsWith("|")) cells.push(cell.trim());
  return cells;
}
