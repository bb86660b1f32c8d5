import { openTestStores } from "./tests/support/stores.ts";
import { readFileSync } from "node:fs";
const strip = (t: string) => t.slice(t.indexOf("`") + 1, t.lastIndexOf("`")).replace("${COLUMNS}", "id, user_id, state");
const OLD = strip(readFileSync("/tmp/old.txt", "utf8"));
const src = readFileSync("/work/main/src/server/features/files/access.ts", "utf8"); const NEW = strip(src.slice(src.indexOf("const READABLE")));
for (const mode of ["embedded", "postgres"] as const) {
const s = await openTestStores(mode);
const [a, b] = [await s.user("A"), await s.user("B")];
const c = await s.conversation([a, b, await s.user()]);
for (let k = 0; k < 60; k++) { const o = await s.conversation([a, b, await s.user()]); for (let i = 0; i < 20; i++) await s.log.append(s.draft(o, a, "x")); }
const ids: string[] = [];
for (let i = 0; i < 1000; i++) { const { message } = await s.log.append(s.draft(c, a, `m ${i}`)); if (i % 5 === 0) { const id = crypto.randomUUID(); ids.push(id); await s.query("INSERT INTO files (id,user_id,name,bytes,state,used_at) VALUES ($1,$2,'n',1,'ready',now())", [id, a]); await s.query("INSERT INTO message_files VALUES ($1,$2,1,$3,'image')", [c, message!.seq, id]); } }
for (const round of ["fresh", "analyzed"]) {
  if (round === "analyzed") for (const t of ["files", "message_files", "messages", "conversations", "participants", "users"]) await s.query(`ANALYZE ${t}`, []);
  for (const [n, q] of [["old", OLD], ["new", NEW], ["old", OLD], ["new", NEW]] as const) { const t = performance.now(); let rows = 0; for (let i = 0; i < 200; i++) rows += (await s.query<any>(q, [ids[i % ids.length]!, b])).length; console.log(mode, round, n, rows, ((performance.now() - t) / 200).toFixed(2), "ms"); }
}
await s.close();
}
