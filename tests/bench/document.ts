import { join } from "node:path";

const FILE = join(import.meta.dir, "../../docs/performance.md");

/**
 * Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->` in docs/performance.md; all else there is written by hand.
 * @throws when the document has no such block
 */
export async function writeBlock(name: string, markdown: string): Promise<void> {
  const file = Bun.file(FILE);
  await Bun.write(file, replaceBlock(await file.text(), name, markdown));
}

function replaceBlock(text: string, name: string, markdown: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${markdown.trim()}\n\n${text.slice(to)}`;
}
