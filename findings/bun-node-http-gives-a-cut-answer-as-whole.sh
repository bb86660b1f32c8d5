#!/usr/bin/env bash
# Bun 1.4.5, `node:http`: the caller destroys its request while it reads an answer that has no length.
#
# A good guess: reading the answer fails, as it does in Node 20 (`ECONNRESET`, "aborted"): the answer did not end.
# Seen: `for await` over the answer ends without an error, so the first part looks like the whole answer.
#
# A time limit that destroys the request then lets a half answer through. After the loop, ask the signal of the time limit:
# src/server/platform/outbound/answer.ts does.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > cut.mjs <<'CUT'
import { request } from "node:http";
import { createServer } from "node:net";
const server = createServer((socket) => {
  socket.on("error", () => {});
  socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nthe first part"));
});
server.listen(0, "127.0.0.1", () => {
  const asked = request({ host: "127.0.0.1", port: server.address().port, agent: false }, async (answer) => {
    let text = "";
    setTimeout(() => asked.destroy(), 500);
    try {
      for await (const chunk of answer) text += chunk;
      console.log(`whole: ${text}`);
    } catch (error) {
      console.log(`${error.code}: ${text}`);
    }
    process.exit();
  });
  asked.on("error", () => {});
  asked.end();
});
CUT
{
  echo "node: $(node cut.mjs)"
  echo "bun: $(npx -y --allow-scripts=bun bun@1.4.5 cut.mjs)"
} | tee seen
diff seen - <<'SEEN'
node: ECONNRESET: the first part
bun: whole: the first part
SEEN
