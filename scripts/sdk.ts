import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { minify } from "terser";

// Builds the package of the client: a minified module, a second one that it loads for storage, its types in one file, and
// a package.json without dependencies. Use `npm pack` or `npm install` on that folder, and import `confab/client`.

const ROOT = join(import.meta.dir, "..");
const SOURCE = join(ROOT, "src/sdk");
/** The files with public types, in the order of `index.d.ts`. They import only each other. */
const PUBLIC = ["connect", "public/client", "public/conversation", "public/types", "public/errors", "public/storage"];

/** A platform prints the line where an error was thrown. A line of 25 KB would bury the message. */
const LINE_LENGTH_MAX = 960;

const { values } = parseArgs({ options: { outdir: { type: "string", default: join(ROOT, "dist/client") } } });
const outdir = resolve(values.outdir);

rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
const persistence = await bundle("offline/persistence");
// The name has a hash of the content, so that a cached module of another release is not loaded.
const persistenceFile = `persistence-${Bun.hash(persistence).toString(36)}.js`;
writeFileSync(join(outdir, persistenceFile), persistence);
writeFileSync(join(outdir, "index.js"), await bundle("index", persistenceFile));
writeFileSync(join(outdir, "index.d.ts"), publicTypes());
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

/**
 * Bundles a module with all of its imports, except the module for storage.
 * @param persistenceFile the file from which the bundle imports that module
 */
async function bundle(name: string, persistenceFile = ""): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [join(SOURCE, `${name}.ts`)],
    target: "browser",
    format: "esm",
    minify: { syntax: true },
    plugins: [
      {
        name: "persistence",
        setup({ onResolve }) {
          const external = { path: `./${persistenceFile}`, external: true };
          onResolve({ filter: /^\.{1,2}\/.*persistence\.ts$/ }, () => external);
        },
      },
    ],
  });
  // Terser's output is a fifteenth smaller than that of Bun's own minifier.
  const { code = "" } = await minify((await outputs[0]?.text()) ?? "", {
    module: true,
    ecma: 2020,
    compress: { passes: 3 },
    // Platforms print an error under the name of its class.
    keep_classnames: /^ConfabError$/,
    format: { max_line_len: LINE_LENGTH_MAX },
  });
  return code;
}

/** Puts the declarations of the public files together. Their imports of each other are left out. */
function publicTypes(): string {
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
    const texts = PUBLIC.map((name) => readFileSync(join(folder, "sdk", `${name}.d.ts`), "utf8"));
    return texts.join("\n").replace(/^(import|export) (type )?(\{[^}]*\}|\*) from "[^"]*";\n/gm, "");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
