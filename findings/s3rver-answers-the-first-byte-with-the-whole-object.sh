#!/usr/bin/env bash
# s3rver 3.7.1, asked by Bun 1.4.5's S3 client for the first byte of an object (`Range: bytes=0-0`).
#
# A good guess: 206 with one byte, as for any other range. The first byte alone is the usual way to learn an object's length
# together with its type, and to see whether ranges are served.
# Seen: 206 with the whole object, and a `Content-Range` that says so. `bytes=0-1` and `bytes=1-1` are served as asked.
#
# Players of sound and video ask for it first. A chat server that sends what the store sends, under the headers that it made for
# one byte, gives a body longer than its length, and one that trusts the length holds the rest of the object in memory.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/pid" 2>/dev/null)" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit s3rver@3.7.1 >/dev/null 2>&1
cat > ask.ts <<'ASK'
import { createServer } from "node:net";
const port = await new Promise<number>((resolve) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address() as { port: number };
    probe.close(() => resolve(port));
  });
});
const words = ["-d", "objects", "-a", "127.0.0.1", "-p", String(port), "--silent", "--configure-bucket", "chat"];
const server = Bun.spawn(["node", "node_modules/s3rver/bin/s3rver.js", ...words], { stdout: "ignore", stderr: "ignore" });
await Bun.write("pid", String(server.pid));
const endpoint = `http://127.0.0.1:${port}`;
for (let i = 0; i < 100; i++)
  if (await fetch(endpoint).then(() => true, () => false)) break;
  else await Bun.sleep(100);
const s3 = new Bun.S3Client({ bucket: "chat", endpoint, accessKeyId: "S3RVER", secretAccessKey: "S3RVER" });
await s3.write("sound.ogg", "0123456789");
for (const range of ["bytes=0-0", "bytes=0-1", "bytes=1-1"]) {
  const answer = await fetch(s3.presign("sound.ogg"), { headers: { Range: range } });
  console.log(`${range}: ${answer.status} ${answer.headers.get("content-range")} ${await answer.text()}`);
}
server.kill();
process.exit();
ASK
npx -y --allow-scripts=bun bun@1.4.5 ask.ts | tee seen
diff seen - <<'SEEN'
bytes=0-0: 206 bytes 0-9/10 0123456789
bytes=0-1: 206 bytes 0-1/10 01
bytes=1-1: 206 bytes 1-1/10 1
SEEN
