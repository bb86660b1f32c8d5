#!/usr/bin/env bash
# @electric-sql/pglite 0.5.16 on Bun 1.4.5, Linux: the memory of a new, empty database.
#
# A good guess: `shared_buffers` (128 MB) costs memory as it is used. The system gives a process a page of memory when it first
# writes there, and an empty database has a few MB to keep.
# Seen: of 189 MiB of linear memory, 151 MiB are in use right after the start. 140 MiB of them are pages that hold only zeros.
#
# An embedded chat server idles at that size on a small machine. A lower `shared_buffers` avoids it, and caches less. A server
# can also give such pages back to the system after the start (madvise): they stay readable as zeros.
[ -r /proc/self/pagemap ] || { echo "Linux is needed"; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @electric-sql/pglite@0.5.16
cat > look.ts <<'TS'
import { ptr } from "bun:ffi";
import { openSync, readSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";

const PAGE = 4096;
const db = await PGlite.create();
const { rows } = await db.query<{ shared_buffers: string }>("SHOW shared_buffers");
const memory: Uint8Array = db.Module.HEAPU8;
const pages = memory.length / PAGE;
// An entry of eight bytes for each page. Its highest bit says that the page is in memory.
const entries = Buffer.alloc(pages * 8);
readSync(openSync("/proc/self/pagemap", "r"), entries, 0, entries.length, (ptr(memory) / PAGE) * 8);
const words = new BigUint64Array(memory.buffer, memory.byteOffset, memory.length / 8);
const isZero = (page: number) => words.subarray(page * 512, page * 512 + 512).every((word) => word === 0n);
const present = [...Array(pages).keys()].filter((page) => (entries[page * 8 + 7] ?? 0) & 0x80);
const zero = present.filter(isZero);
const mib = (count: number) => Math.round((count * PAGE) / 2 ** 20 / 10) * 10;
console.log(`shared_buffers: ${rows[0]?.shared_buffers}`);
console.log(`linear memory, to 10 MiB: ${mib(pages)}, in use ${mib(present.length)}, only zeros ${mib(zero.length)}`);
await db.close();
TS
npx -y --allow-scripts=bun bun@1.4.5 look.ts | tee seen
diff seen - <<'SEEN'
shared_buffers: 128MB
linear memory, to 10 MiB: 190, in use 150, only zeros 140
SEEN
