#!/usr/bin/env bash
# PostgreSQL 15 and pg 8.16.3 (npm): an array of texts costs several times as much as a literal than as bytes.
#
# A good guess: a parameter in the text format is copied once, and its quotes cost next to nothing beside the rest of a call.
# Seen, 200 texts of 3,000 characters in one parameter of type text[], over a Unix socket, the fastest of 35 calls:
#   literal {"…","…"} of words:          3.8 ms
#   literal of one letter again and again: 1.0 ms, so the parser's branches on each letter are most of the cost
#   the binary format:                   0.3 ms for either
# A single text of 600,000 letters takes 0.3 ms in either format.
#
# A chat server that commits many messages in one statement sends their contents as such an array. For messages of 3,000
# characters, reading the literal was a third of what PostgreSQL spent on a commit.
set -euo pipefail
PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)"
folder=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then
  chown nobody "$folder"
  as=(setpriv --reuid nobody --clear-groups)
fi
trap '"${as[@]}" pg_ctl -D "$folder/data" -m immediate stop >/dev/null; rm -rf "$folder"' EXIT
"${as[@]}" initdb -D "$folder/data" -U me -A trust -E UTF8 --no-sync >/dev/null
"${as[@]}" pg_ctl -D "$folder/data" -o "-c listen_addresses='' -c unix_socket_directories=$folder" -l "$folder/log" -w start >/dev/null
mkdir "$folder/js"
cd "$folder/js"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund pg@8.16.3 >/dev/null
cat >measure.js <<'JS'
const { Client } = require("pg");

let seed = 1;
const word = () => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 1).toString(36);
const texts = Array.from({ length: 200 }, () => Array.from({ length: 600 }, word).join(" ").slice(0, 3_000));
const literal = `{${texts.map((text) => `"${text}"`).join(",")}}`;

// One dimension, no nulls, elements of type 25 (text), so many of them, the first is number 1.
const words = [1, 0, 25, texts.length, 1];
const binary = Buffer.alloc(4 * words.length + texts.length * 3_004);
let at = 0;
for (const word of words) at = binary.writeInt32BE(word, at);
for (const text of texts) {
  at = binary.writeInt32BE(text.length, at);
  at += binary.write(text, at);
}

(async () => {
  const client = new Client({ host: process.argv[2], user: "me", database: "postgres" });
  await client.connect();
  const call = async (name, type, value) => {
    const { rows } = await client.query({ name, text: `SELECT octet_length($1::${type}::text) > 600000 AS is_whole`, values: [value] });
    if (!rows[0].is_whole) throw new Error(`${name}: the value did not arrive`);
  };
  const counted = async (name, value) => {
    const { rows } = await client.query({ name, text: "SELECT cardinality($1::text[]) AS n", values: [value] });
    if (rows[0].n !== 200) throw new Error(`${name}: ${rows[0].n} texts`);
  };
  const one = "a".repeat(600_001);
  const ways = {
    literal: () => counted("as literal", literal),
    binary: () => counted("as bytes", binary),
    text: () => call("a text", "text", one),
    bytes: () => call("a text as bytes", "text", Buffer.from(one)),
  };
  const best = {};
  for (let round = 0; round < 40; round++)
    for (const [name, way] of Object.entries(ways)) {
      const from = performance.now();
      await way();
      const took = performance.now() - from;
      if (round > 4) best[name] = Math.min(best[name] ?? Infinity, took);
    }
  await client.end();
  console.log(Object.entries(best).map(([name, ms]) => `${name} ${ms.toFixed(2)} ms`).join(", "));
  if (best.literal < 5 * best.binary) throw new Error("the literal of an array costs less than it did");
  if (best.text > 2.5 * best.bytes) throw new Error("a single text costs more in the text format than it did");
})().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
JS
node measure.js "$folder"
