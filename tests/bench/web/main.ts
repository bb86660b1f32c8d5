import { parseArgs } from "node:util";
import postgres from "postgres";
import { cleanUpAll } from "../../support/cleanup.ts";
import { openPage } from "../../support/pages.ts";
import { startTestServer } from "../../support/server.ts";
import { Seeder } from "../growth/seed.ts";
import { frameTimes, LOAD_ALL, READY, SCROLL } from "./in-the-page.ts";

const HELP = `bun tests/bench/web/main.ts [--messages 100000]

Measures the web client in Chromium: bytes of the first load, when it can be used, how long older messages take to load
until the first one is there, and the frames while all of them are scrolled through.
`;

const { values } = parseArgs({
  options: { messages: { type: "string", default: "100000" }, help: { type: "boolean", default: false } },
});
const say = (text: string) => void process.stdout.write(`${text}\n`);
if (values.help) {
  say(HELP);
  process.exit(0);
}
process.once("SIGINT", () => void cleanUpAll().finally(() => process.exit(130)));

const total = Number(values.messages);
const server = await startTestServer("postgres");
const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
const { id } = await ann.conversation([bob]);
const sql = postgres(server.environment["DATABASE_URL"] ?? "", { max: 1, onnotice: () => {} });
await (await Seeder.on(sql)).messages(id, bob.id, total);
await sql`UPDATE messages SET content = repeat(content || ' ', 1 + (seq * 7 % 5)::int), created_at = now() - (${total} - seq) * interval '5 minutes'
  WHERE conversation_id = ${id}`;
await sql`UPDATE participants SET read_seq = ${total} WHERE conversation_id = ${id}`;
// The server bundles the page when it is first asked for it.
await fetch(server.url);

const { page } = await openPage(ann, `/c/${id}`);
page.setDefaultTimeout(300_000);
const ready = await page.evaluate<number>(READY);
const files = await page.evaluate<{ name: string; bytes: number }[]>(
  "performance.getEntries().filter((entry) => entry.encodedBodySize && !entry.name.includes('/api/')).map((entry) => ({ name: new URL(entry.name).pathname, bytes: entry.encodedBodySize }))",
);
say(`first load: ${kilobytes(files.reduce((sum, file) => sum + file.bytes, 0))} gzipped, of ${files.length} files`);
for (const { name, bytes } of files) say(`  ${kilobytes(bytes)}  ${name}`);
say(`to be used: ${Math.round(ready)} ms after it was asked for, with 50 messages shown`);

const loaded = await page.evaluate<{ ms: number }>(LOAD_ALL);
say(`${total} messages, loaded by scrolling to the top again and again: ${(loaded.ms / 1000).toFixed(1)} s`);
const heap = await page.evaluate<number>("performance.memory.usedJSHeapSize");
say(
  `then the page uses ${Math.round(heap / 2 ** 20)} MiB, and has ${await page.evaluate<number>("document.querySelectorAll('*').length")} elements`,
);

for (const pixels of [40, 400, 4000])
  say(`${pixels} px a frame: ${frameTimes(await page.evaluate<number[]>(SCROLL(pixels)))}`);

await sql.end();
await server.stop();
await cleanUpAll();
process.exit(0);

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
