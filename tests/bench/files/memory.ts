import { spawnServer } from "../../support/process.ts";
import { residentMemory } from "../cpu.ts";
import { Connection } from "./connection.ts";
import { begin, patch } from "./sides.ts";

const UPLOADS = 20;
const BYTES = 1_000_000_000;
/** All of them together, and how long each speed is measured. */
const SPEEDS = [20, 100, "as fast as it goes"] as const;
const SECONDS = 8;
const MIB = 1024 * 1024;

/** A new server's memory while 20 uploads of 1 GB are under way. They end before they are whole. */
export async function measureMemory(environment: Record<string, string>, cookie: string): Promise<string> {
  const lines: string[] = [];
  for (const speed of SPEEDS) {
    const server = await spawnServer(environment);
    try {
      await Bun.sleep(2_000);
      const idle = residentMemory([server.pid]) ?? Number.NaN;
      const connections = await Promise.all(Array.from({ length: UPLOADS }, () => Connection.open(server.url)));
      const headers = { Cookie: cookie, Origin: server.url };
      const paths = await Promise.all(connections.map((connection) => begin(connection, headers, BYTES)));
      const sending = connections.map((connection, n) => {
        const { headers: own, ...request } = patch(paths[n] ?? "", 0, BYTES);
        const pace = typeof speed === "number" ? { pace: (speed * 1e6) / UPLOADS } : {};
        return connection.ask({ ...request, headers: { ...headers, ...own }, ...pace }).catch(() => {});
      });
      const samples: number[] = [];
      for (const until = performance.now() + SECONDS * 1_000; performance.now() < until; await Bun.sleep(50))
        samples.push((residentMemory([server.pid]) ?? Number.NaN) - idle);
      const sent = connections.reduce((sum, connection) => sum + connection.sent, 0);
      for (const connection of connections) connection.cut();
      await Promise.all(sending);
      samples.sort((a, b) => a - b);
      const at = (part: number) => Math.round((samples[Math.floor((samples.length - 1) * part)] ?? Number.NaN) / MIB);
      const name = typeof speed === "number" ? `${speed} MB/s in all` : speed;
      lines.push(
        `memory, 20 uploads of 1 GB, ${name}: ${at(0.5)} MiB above idle (most ${at(1)}), idle ${Math.round(idle / MIB)} MiB, ${Math.round(sent / 1e6 / SECONDS)} MB/s came`,
      );
      // Their bytes would fill the disk.
      await Bun.sleep(500);
      for (const path of paths) await remove(server.url, path, headers);
    } finally {
      server.kill("SIGTERM");
      await server.exited;
    }
  }
  return lines.join("\n");
}

async function remove(url: string, path: string, headers: Record<string, string>) {
  const answer = await fetch(url + path, { method: "DELETE", headers: { ...headers, "Tus-Resumable": "1.0.0" } });
  if (!answer.ok) throw new Error(`DELETE: ${answer.status} ${await answer.text()}`);
}
