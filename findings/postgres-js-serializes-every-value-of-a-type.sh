#!/usr/bin/env bash
# postgres 3.4.9 (npm): a serializer for a type gets every parameter of that type, also one that is its text already.
#
# A good guess: `types: { texts: { to: 1009, serialize } }` makes `sql.typed.texts(value)`, and only such values reach it.
# Seen:
#   sql.typed.texts(["a"])                       serialize gets the array
#   unsafe("… $1::text[]", ['{"a"}'])            serialize gets the string, because PostgreSQL describes $1 as 1009
#   the same statement once more, as prepared    serialize gets the string again
# A serializer that expects an array then breaks each statement of the program that has an array of texts.
#
# A chat server that adds a type for the texts of messages breaks its searches, or stores the letters of a literal.
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
npm install --silent --no-audit --no-fund postgres@3.4.9 >/dev/null
cat >see.cjs <<'JS'
const postgres = require("postgres");

const got = [];
const sql = postgres({
  host: process.argv[2], username: "me", database: "postgres", max: 1, fetch_types: false,
  types: {
    texts: {
      to: 1009,
      from: [],
      serialize: (value) => {
        got.push(Array.isArray(value) ? "array" : typeof value);
        return Array.isArray(value) ? `{${value.map((text) => JSON.stringify(text)).join(",")}}` : value;
      },
      parse: String,
    },
  },
});

(async () => {
  const count = "SELECT cardinality($1::text[]) AS n";
  await sql.unsafe(count, [sql.typed.texts(["a"])], { prepare: true });
  for (let call = 0; call < 2; call++) await sql.unsafe(count, ['{"a"}'], { prepare: true });
  await sql.end();
  console.log(got.join(", "));
  if (got.join() !== "array,string,string") throw new Error("other values reach the serializer now");
})().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
JS
node see.cjs "$folder"
