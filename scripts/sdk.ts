import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { minify } from "terser";

// Builds the package of the client: a minified module, those that it loads later, one for each feature that an embedder may
// import beside it, their types, and a package.json without dependencies. Use `npm pack` or `npm install` on that folder, and import `confab/client`.

const ROOT = join(import.meta.dir, "..");
const SOURCE = join(ROOT, "src/sdk");
const names = (folder: string) =>
  readdirSync(join(SOURCE, folder))
    .map((file) => file.replace(/\.ts$/, ""))
    .sort();
/** The files with public types, in the order of `index.d.ts`. They import only each other. */
const PUBLIC = ["connect", ...names("public").map((name) => `public/${name}`)];
/** Each is a module of its own, `confab/client/<name>`: a bundle has only the features that it imports. */
const FEATURES = names("features");

/** A platform prints the line where an error was thrown. A line of 25 KB would bury the message. */
const LINE_LENGTH_MAX = 960;

const { values } = parseArgs({ options: { outdir: { type: "string", default: join(ROOT, "dist/client") } } });
const outdir = resolve(values.outdir);

rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
/** The files of the modules that are loaded later, by their names. */
const late = new Map<string, string>();
for (const path of ["actions/queue", "uploads/uploads", "offline/persistence", "conversations/window"]) {
  const code = await bundle(path);
  // The name has a hash of the content, so that a cached module of another release is not loaded.
  const file = `${basename(path)}-${Bun.hash(code).toString(36)}.js`;
  writeFileSync(join(outdir, file), code);
  late.set(basename(path), file);
}
writeFileSync(join(outdir, "index.js"), await bundle("index"));
for (const name of FEATURES) writeFileSync(join(outdir, `${name}.js`), await bundle(`features/${name}`));
writeTypes();
const { version, description, license } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const manifest = {
  name: "confab",
  version,
  private: true,
  description: `${description} The client.`,
  license,
  type: "module",
  sideEffects: false,
  exports: {
    "./client": { types: "./index.d.ts", default: "./index.js" },
    "./client/*": { types: "./*.d.ts", default: "./*.js" },
  },
};
writeFileSync(join(outdir, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
copyFileSync(join(ROOT, "LICENSE"), join(outdir, "LICENSE"));
copyFileSync(join(ROOT, "docs/sdk.md"), join(outdir, "README.md"));
process.stdout.write(`${outdir}\n`);

/**
 * Bundles a module with all of its imports, except those that must not be there twice: the modules that are loaded later, and
 * the class of errors, which the first module has.
 */
async function bundle(name: string): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [join(SOURCE, `${name}.ts`)],
    target: "browser",
    format: "esm",
    minify: { syntax: true },
    plugins: [
      {
        name: "late",
        setup({ onResolve }) {
          onResolve({ filter: /^\.{1,2}\/(.*\/)?(queue|uploads\/uploads|persistence|window)\.ts$/ }, ({ path }) => ({
            path: `./${late.get(basename(path, ".ts"))}`,
            external: true,
          }));
          onResolve({ filter: /\/public\/errors\.ts$/ }, () =>
            name === "index" ? undefined : { path: "./index.js", external: true },
          );
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

/**
 * Writes the declarations. Those of the public files stand together in `index.d.ts`, without their imports of each other.
 * Each feature has a file that imports that one.
 */
function writeTypes() {
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
      files: [join(SOURCE, "index.ts"), ...FEATURES.map((name) => join(SOURCE, `features/${name}.ts`))],
    };
    const config = join(folder, "tsconfig.json");
    writeFileSync(config, JSON.stringify(options));
    const tsc = Bun.spawnSync([join(ROOT, "node_modules/.bin/tsc"), "--project", config]);
    if (!tsc.success) throw new Error(`tsc: ${tsc.stdout}${tsc.stderr}`);
    const read = (name: string) => readFileSync(join(folder, "sdk", `${name}.d.ts`), "utf8");
    const together = PUBLIC.map(read).join("\n");
    const types = together.replace(/^(import|export) (type )?(\{[^}]*\}|\*) from "[^"]*";\n/gm, "");
    writeFileSync(join(outdir, "index.d.ts"), types);
    for (const name of FEATURES) {
      const own = read(`features/${name}`).replace(/"\.\.\/public\/[^"]*"/g, '"./index.js"');
      writeFileSync(join(outdir, `${name}.d.ts`), own);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
