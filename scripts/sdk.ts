import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { minify } from "terser";

// Makes the client's package: one minified module, its types in one file that needs no other, and a package.json without
// dependencies. `npm pack` or `npm install` that folder; from it, `confab/client` is what is imported.

const ROOT = join(import.meta.dir, "..");
const SOURCE = join(ROOT, "src/client");
/** In the order in which they read best; what they import is among them. */
const PUBLIC = ["connect", "api", "conversation-api", "wire", "errors", "storage"];

const { values } = parseArgs({ options: { outdir: { type: "string", default: join(ROOT, "dist/client") } } });
const outdir = resolve(values.outdir);

rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
const { outputs } = await Bun.build({ entrypoints: [join(SOURCE, "index.ts")], target: "browser", format: "esm" });
// Of what it makes of this, a fifteenth is saved over Bun's own.
const { code = "" } = await minify((await outputs[0]?.text()) ?? "", {
  module: true,
  ecma: 2020,
  compress: { passes: 3 },
});
writeFileSync(join(outdir, "index.js"), code);
writeFileSync(join(outdir, "index.d.ts"), declarations());
const { version, description, license } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const manifest = {
  name: "confab",
  version,
  private: true,
  description: `${description} The client.`,
  license,
  type: "module",
  sideEffects: false,
  exports: { "./client": { types: "./index.d.ts", default: "./index.js" } },
};
writeFileSync(join(outdir, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
copyFileSync(join(ROOT, "LICENSE"), join(outdir, "LICENSE"));
copyFileSync(join(ROOT, "docs/sdk.md"), join(outdir, "README.md"));
process.stdout.write(`${outdir}\n`);

/** The public files' declarations one after the other: what they import from each other is there already. */
function declarations(): string {
  const folder = mkdtempSync(join(tmpdir(), "confab-sdk-"));
  try {
    const options = {
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        outDir: folder,
        rootDir: join(ROOT, "src"),
        typeRoots: [join(ROOT, "node_modules/@types")],
      },
      include: [],
      files: [join(SOURCE, "index.ts")],
    };
    const config = join(folder, "tsconfig.json");
    writeFileSync(config, JSON.stringify(options));
    const tsc = Bun.spawnSync([join(ROOT, "node_modules/.bin/tsc"), "--project", config]);
    if (!tsc.success) throw new Error(`tsc: ${tsc.stdout}${tsc.stderr}`);
    const texts = PUBLIC.map((name) => readFileSync(join(folder, "client", `${name}.d.ts`), "utf8"));
    return texts.join("\n").replace(/^(import|export) (type )?(\{[^}]*\}|\*) from "[^"]*";\n/gm, "");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
