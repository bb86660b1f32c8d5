#!/usr/bin/env bash
# Bun 1.4.5: an idle WebSocket takes more memory with a topic that nobody else has than with one that many share.
#
# A good guess: a subscription costs the same whoever else has the topic, some tens of bytes beside the socket itself.
# Seen, 10,000 idle sockets after 1,000 others, resident memory after a collection, for each socket:
#   no topic                            1.3 to 1.4 KiB
#   a topic that ten sockets share      1.5 to 1.6 KiB
#   a topic of its own                  1.9 to 2.2 KiB
#
# A chat server that gives each person a topic for their own events pays a quarter to a half of a socket for it.
# A plain `send` to the person's few sockets costs nothing while they are idle.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
ulimit -n "$(ulimit -H -n)"
cat >server.ts <<'TS'
const ways: Record<string, (n: number) => string | undefined> = {
  none: () => undefined,
  shared: (n) => `topic ${Math.floor(n / 10)}`,
  own: (n) => `topic ${n}`,
};
const topicOf = ways[process.argv[2] ?? ""];
if (!topicOf) throw new Error("no such way");
let opened = 0;
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request, self) {
    if (self.upgrade(request)) return undefined;
    Bun.gc(true);
    return new Response(String(process.memoryUsage.rss()));
  },
  websocket: {
    idleTimeout: 0,
    open(socket) {
      const topic = topicOf(opened++);
      if (topic !== undefined) socket.subscribe(topic);
    },
    message() {},
  },
});
console.log(server.port);
TS
cat >measure.ts <<'TS'
const WARM_UP = 1_000;
const SOCKETS = 10_000;

/** Opens so many sockets by hand, because a WebSocket object of the client would be slower. */
async function open(port: number, count: number) {
  for (let left = count; left > 0; left -= 500)
    await Promise.all(
      Array.from({ length: Math.min(500, left) }, () => {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        void Bun.connect({
          hostname: "127.0.0.1",
          port,
          socket: {
            open(socket) {
              socket.write(
                "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
              );
            },
            data: (_, data) => (data.toString().startsWith("HTTP/1.1 101") ? resolve() : reject(new Error("refused"))),
            connectError: (_, error) => reject(error),
          },
        }).catch(reject);
        return promise;
      }),
    );
}

async function kibOf(way: string): Promise<number> {
  const child = Bun.spawn([process.execPath, "server.ts", way], { stdout: "pipe" });
  try {
    const { value } = await child.stdout.getReader().read();
    const port = Number(new TextDecoder().decode(value));
    const rss = async () => {
      let bytes = 0;
      for (let call = 0; call < 3; call++) bytes = Number(await (await fetch(`http://127.0.0.1:${port}/`)).text());
      return bytes;
    };
    await open(port, WARM_UP);
    const before = await rss();
    await open(port, SOCKETS);
    return ((await rss()) - before) / SOCKETS / 1024;
  } finally {
    child.kill();
    await child.exited;
  }
}

const found: Record<string, number> = {};
for (const way of ["none", "shared", "own"]) found[way] = await kibOf(way);
console.log(Object.entries(found).map(([way, kib]) => `${way} ${kib.toFixed(2)} KiB`).join(", "));
if (found["own"] - found["shared"] < 0.15) throw new Error("a topic of its own costs no more than a shared one now");
process.exit(0);
TS
timeout 120 npx -y --allow-scripts=bun bun@1.4.5 measure.ts
