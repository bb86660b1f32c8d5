import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { PACKED, packFiles } from "../src/server/platform/pglite/package-files.ts";
import { bundleWeb } from "../src/web/bundle.ts";
import { BUNDLED, writeBundled } from "../src/web/files.ts";

// Makes the single binary: `bun run build` for this machine, `bun run build --target=bun-linux-arm64` for another.
// The binary contains the imports of its entry points and the `assets` below.

const ROOT = join(import.meta.dir, "..");
/** A build needs these files, beside the packages. */
const SOURCES = ["src", "drizzle", "package.json", "bun.lock", "patches", "tsconfig.json"];
const MIGRATIONS = "dist/drizzle";
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
  // An asset keeps its path in the binary.
  process.chdir(root);
  rmSync(BUNDLED, { recursive: true, force: true });
  writeBundled(BUNDLED, await bundleWeb());
  await packFiles();
  copyMigrations();
  await Bun.build({
    // The first is the program; src/server/node/drivers.ts starts the other one by its path.
    entrypoints: ["src/server/main.ts", "src/server/database-thread.ts"],
    target: "bun",
    format: "esm",
    define: { "process.env.NODE_ENV": '"production"' },
    // With bytecode the binary starts in two thirds of the time.
    bytecode: true,
    // Code that both programs need is there once, and a command loads no code of another one.
    splitting: true,
    // Names stay, for errors.
    minify: { syntax: true, whitespace: true },
    // Logged errors then name our files and lines.
    sourcemap: "inline",
    compile: {
      target: target as Bun.Build.CompileTarget,
      outfile,
      assets: [`./${MIGRATIONS}`, `./${BUNDLED}`, `./${PACKED}`],
      // The binary reads only named files, and nothing from the folder in which it is started.
      autoloadDotenv: false,
      autoloadBunfig: false,
    },
  });
  // The source map is inside the binary. The build writes this file all the same.
  rmSync(`${outfile}.map`, { force: true });
}

/** The binary needs no snapshots, by which drizzle-kit makes the next migration. */
function copyMigrations() {
  rmSync(MIGRATIONS, { recursive: true, force: true });
  cpSync("drizzle", MIGRATIONS, { recursive: true, filter: (path) => !path.endsWith("_snapshot.json") });
}

/** Builds a copy with its own packages: the packages of this machine lack the native addon of another processor. */
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
