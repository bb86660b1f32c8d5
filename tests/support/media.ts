import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAllFiles } from "./cleanup.ts";

const missing = Object.entries({ ffmpeg: "ffmpeg", exiftool: "libimage-exiftool-perl", convert: "imagemagick" }).filter(
  ([program]) => !Bun.which(program),
);
for (const [program, name] of missing)
  process.stderr.write(
    `SKIPPED: tests with films and pictures of phones, as ${program} is missing (Debian: ${name})\n`,
  );

export const hasMediaPrograms = missing.length === 0;

let folder: string | undefined;

/** A path in a folder that is removed after all tests. */
export function newMedia(ending: string): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), "confab-media-"));
    folder = made;
    afterAllFiles(() => rmSync(made, { recursive: true, force: true }));
  }
  return join(folder, `${crypto.randomUUID()}.${ending}`);
}

/** Runs a program, and returns what it writes. */
export async function run(program: string, ...args: string[]): Promise<Buffer> {
  const child = Bun.spawn([program, ...args], { stdout: "pipe", stderr: "pipe", stdin: "ignore" });
  const [out, errors] = await Promise.all([new Response(child.stdout).bytes(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`${program}: ${errors}`);
  return Buffer.from(out);
}

/** Makes a film of one second by ffmpeg. */
export async function film(ending: string, ...args: string[]): Promise<string> {
  const path = newMedia(ending);
  const pattern = ["-f", "lavfi", "-i", "testsrc=size=64x36:rate=10:duration=1"];
  await run("ffmpeg", "-loglevel", "error", "-y", ...pattern, ...args, path);
  return path;
}
