#!/usr/bin/env bash
# hono-rate-limiter 0.5.4 with ioredis 6.0.0 and redis-server 7.0: reading a count after Redis was restarted.
#
# A good guess: the store loads its Lua scripts again when Redis has lost them, as `increment` shows.
# Seen, after SCRIPT FLUSH (a restart loses the scripts too):
#   increment: counts on. It loads its script again.
#   decrement: works. It loads its script again.
#   get:       "NOSCRIPT No matching script. Please use EVAL." at each call, until the process ends.
#
# A limit that looks before it counts, such as one on wrong passwords, works in every test. It stops for good at the first
# restart of Redis. Depending on the caller, it then lets everybody through, or nobody.
set -euo pipefail
command -v redis-server >/dev/null || { echo "redis-server is needed"; exit 2; }
folder=$(mktemp -d)
cd "$folder"
port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
redis-server --port "$port" --bind 127.0.0.1 --save "" --appendonly no --dir "$folder" >/dev/null &
redis=$!
trap 'kill "$redis"; wait "$redis" || true; rm -rf "$folder"' EXIT
npm init -y >/dev/null
npm install --silent --no-audit --no-fund hono-rate-limiter@0.5.4 hono@4.13.19 ioredis@6.0.0
cat > try.mjs <<'JS'
import { RedisStore } from "hono-rate-limiter";
import { Redis } from "ioredis";

const redis = new Redis({ port: Number(process.argv[2]), host: "127.0.0.1" });
const store = new RedisStore({
  client: {
    scriptLoad: (script) => redis.script("LOAD", script),
    evalsha: (sha, keys, parameters) => redis.evalsha(sha, keys.length, ...keys, ...parameters),
    decr: (key) => redis.decr(key),
    del: (key) => redis.del(key),
  },
});
store.init({ windowMs: 60_000 });
const tried = async (work) => {
  try {
    return JSON.stringify((await work())?.totalHits ?? "done");
  } catch (error) {
    return error.message;
  }
};
await store.increment("ann");
console.log("get before:", await tried(() => store.get("ann")));
await redis.script("FLUSH");
console.log("get after:", await tried(() => store.get("ann")));
console.log("increment:", await tried(() => store.increment("ann")));
console.log("decrement:", await tried(() => store.decrement("ann")));
console.log("get at last:", await tried(() => store.get("ann")));
await redis.quit();
JS
node try.mjs "$port" | tee seen
diff seen - <<'SEEN'
get before: 1
get after: NOSCRIPT No matching script. Please use EVAL.
increment: 2
decrement: "done"
get at last: NOSCRIPT No matching script. Please use EVAL.
SEEN
