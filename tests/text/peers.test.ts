import { expect, test } from "bun:test";
import { peerRows } from "./peers.ts";

test("the page about text shows the answers of other parsers as they are", async () => {
  const page = await Bun.file("docs/text.md").text();
  const table = page.split("| you type | Confab |")[1] ?? "";
  expect(table.split("\n").filter((line) => line.startsWith("| `"))).toEqual(peerRows());
});
