import { describe } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAllFiles } from "./cleanup.ts";

const program = Bun.which("convert");
if (!program)
  process.stderr.write(
    "SKIPPED: tests with pictures of many formats, as ImageMagick is missing (Debian: imagemagick)\n",
  );

export const describeWithImageMagick = describe.skipIf(!program);

let folder: string | undefined;

function newFile(ending: string): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), "confab-pictures-"));
    folder = made;
    afterAllFiles(() => rmSync(made, { recursive: true, force: true }));
  }
  return join(folder, `${crypto.randomUUID()}.${ending}`);
}

/** Makes a picture by ImageMagick, from its arguments without the name of the result. */
export async function convert(ending: string, ...args: string[]): Promise<Buffer<ArrayBuffer>> {
  const path = newFile(ending);
  const run = Bun.spawn([program ?? "convert", ...args, path], { stderr: "pipe", stdout: "ignore" });
  if ((await run.exited) !== 0) throw new Error(`convert: ${await new Response(run.stderr).text()}`);
  return Buffer.from(await Bun.file(path).arrayBuffer());
}

/** Makes a picture from another one, a PNG. */
export async function convertFrom(png: Uint8Array, ending: string, ...args: string[]): Promise<Buffer<ArrayBuffer>> {
  const path = newFile("png");
  await Bun.write(path, png);
  return convert(ending, path, ...args);
}
