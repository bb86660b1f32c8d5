#!/usr/bin/env bash
# postgres 3.4.9 (npm) with PostgreSQL 15: a query of less than 1,024 bytes is written in an immediate, after all promises of the turn.
#
# A good guess: the call of a prepared query writes it to the open connection, so the server works while the program goes on.
# Seen, from the call to the write on the socket:
#   100 letters      after all of 1,000 microtasks, and after an immediate that was asked for before the call
#   2,000 letters    after 1 microtask
# Nothing is gained by the wait when each connection has one query at a time.
#
# A chat server that commits one batch and answers the batch before it in the same turn answers first: hundreds of promises, and
# the frames of a large room. The database has nothing to do meanwhile.
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
const net = require("node:net");
const postgres = require("postgres");

let onWrite = () => {};
const { write } = net.Socket.prototype;
net.Socket.prototype.write = function (...given) {
  onWrite();
  return write.apply(this, given);
};
const sql = postgres({ host: process.argv[2], username: "me", database: "postgres", max: 1, fetch_types: false });
const ask = (text) => sql.unsafe("SELECT length($1::text) AS n", [text], { prepare: true });

/** Whether an immediate of the same turn comes first, and how many microtasks pass before the query is written. */
async function see(text) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  let microtasks = 0;
  let seen;
  const count = () => {
    if (seen) return;
    microtasks++;
    if (microtasks < 1_000) queueMicrotask(count);
  };
  let isAfterImmediate = false;
  setImmediate(() => {
    isAfterImmediate = true;
  });
  onWrite = () => {
    seen ??= { microtasks, isAfterImmediate };
  };
  const asked = (async () => (await ask(text))[0].n)();
  queueMicrotask(count);
  if ((await asked) !== text.length) throw new Error("a wrong answer");
  onWrite = () => {};
  return seen;
}

(async () => {
  for (let call = 0; call < 3; call++) await ask("prepared");
  const [small, large] = [await see("x".repeat(100)), await see("x".repeat(2_000))];
  await sql.end();
  console.log(`100 letters: ${small.microtasks} microtasks, ${small.isAfterImmediate ? "after" : "before"} an immediate`);
  console.log(`2,000 letters: ${large.microtasks} microtasks, ${large.isAfterImmediate ? "after" : "before"} an immediate`);
  if (!(small.isAfterImmediate && small.microtasks === 1_000 && !large.isAfterImmediate && large.microtasks > 0))
    throw new Error("queries are written at another time now");
})().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
JS
node see.cjs "$folder"
