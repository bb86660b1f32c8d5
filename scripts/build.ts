import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundleWeb } from "../src/web/bundle.ts";
import { BUNDLED, writeBundled } from "../src/web/files.ts";

// Makes the single binary: `bun run build` for this machine, `bun run build --target=bun-linux-arm64` for another.
// What it holds comes from the imports and from `assets` below.

const ROOT = join(import.meta.dir, "..");
/** What a build needs, beside the packages. */
const SOURCES = ["src", "drizzle", "package.json", "bun.lock", "patches", "tsconfig.json"];
const HERE = `bun-${process.platform}-${process.arch}`;

const { values } = parseArgs({
  options: { target: { type: "string", default: HERE }, outfile: { type: "string" } },
});
const { target } = values;
const name = target === HERE ? "confab" : target.replace("bun-", "confab-");
const outfile = resolve(values.outfile ?? join(ROOT, "dist", name));
if (target === HERE) await build(ROOT);
else await buildElsewhere();
process.stdout.write(`${outfile}\n`);

async function build(root: string) {
  // The path of an asset in the binary is its path here.
  process.chdir(root);
  rmSync(BUNDLED, { recursive: true, force: true });
  writeBundled(BUNDLED, await bundleWeb());
  await Bun.build({
    // The first is the program; src/server/node/drivers.ts starts the other one by its path.
    entrypoints: ["src/server/main.ts", "src/server/database-thread.ts"],
    target: "bun",
    format: "esm",
    define: { "process.env.NODE_ENV": '"production"' },
    // Starts in two thirds of the time. Minified it would be no smaller by a hundredth, and no faster.
    bytecode: true,
    // So that what is logged of an error names our files and lines.
    sourcemap: "inline",
    compile: {
      target: target as Bun.Build.CompileTarget,
      outfile,
      assets: ["./drizzle", `./${BUNDLED}`],
      // It reads what it is told to, whatever lies in the folder where it is started.
      autoloadDotenv: false,
      autoloadBunfig: false,
    },
  });
  // The binary has it inside; this one is written all the same.
  rmSync(`${outfile}.map`, { force: true });
}

/** Another machine's native addon is not among this one's packages: a copy gets packages of its own. */
async function buildElsewhere() {
  const [, os = "", cpu = ""] = target.split("-");
  const copy = mkdtempSync(join(tmpdir(), "confab-build-"));
  try {
    for (const source of SOURCES) cpSync(join(ROOT, source), join(copy, source), { recursive: true });
    const install = [process.execPath, "install", "--frozen-lockfile", "--production", `--os=${os}`, `--cpu=${cpu}`];
    const { success, stderr } = Bun.spawnSync(install, { cwd: copy });
    if (!success) throw new Error(`bun install: ${stderr.toString()}`);
    await build(copy);
  } finally {
    process.chdir(ROOT);
    rmSync(copy, { recursive: true, force: true });
  }
}
