import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BlobSettings } from "../../src/server/platform/blobs/open.ts";
import { afterAllFiles } from "./cleanup.ts";
import { freePort } from "./postgres.ts";
import { until } from "./until.ts";

/** A real server that speaks S3, on this machine. */
export interface TestS3 {
  /** Settings of a Confab server whose files are in a folder of the bucket that nobody else has. */
  settings(): Record<string, string>;
  /** The same for a store without a server. */
  blobSettings(): BlobSettings;
  /** Ends the server, as a fault. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and with the same content. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

const BUCKET = "confab";
let shared: Promise<TestS3> | undefined;

/** One server for all tests of a process. */
export function sharedS3(): Promise<TestS3> {
  shared ??= startS3().then((s3) => {
    afterAllFiles(() => s3.remove());
    return s3;
  });
  return shared;
}

async function startS3(): Promise<TestS3> {
  const folder = mkdtempSync(join(tmpdir(), "confab-s3-"));
  const port = await freePort();
  let server: Bun.Subprocess | undefined;
  const start = async () => {
    const program = join(import.meta.dir, "../../node_modules/s3rver/bin/s3rver.js");
    if (!existsSync(program)) throw new Error("s3rver is not installed");
    const words = ["-d", folder, "-a", "127.0.0.1", "-p", String(port), "--silent", "--configure-bucket", BUCKET];
    server = Bun.spawn([process.execPath, program, ...words], { stdout: "ignore", stderr: "ignore" });
    await until(() =>
      fetch(`http://127.0.0.1:${port}/`).then(
        (answer) => answer.body !== null,
        () => false,
      ),
    );
  };
  const kill = async () => {
    server?.kill();
    await server?.exited;
  };
  await start();
  return {
    settings: () => ({
      FILES: `s3://${BUCKET}/${crypto.randomUUID()}`,
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_ACCESS_KEY_ID: "S3RVER",
      S3_SECRET_ACCESS_KEY: "S3RVER",
    }),
    blobSettings: () => ({
      place: { bucket: BUCKET, prefix: `${crypto.randomUUID()}/` },
      region: "us-east-1",
      endpoint: `http://127.0.0.1:${port}`,
      accessKeyId: "S3RVER",
      secretAccessKey: "S3RVER",
    }),
    kill,
    start,
    async remove() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
