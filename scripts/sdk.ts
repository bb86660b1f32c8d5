import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { minify } from "terser";

// Makes the client's package: one minified module and a small one that it loads where something is kept, its types in one
// file that needs no other, and a package.json without dependencies. `npm pack` or `npm install` that folder; from it,
// `confab/client` is what is imported.

const ROOT = join(import.meta.dir, "..");
const SOURCE = join(ROOT, "src/sdk");
/** In the order in which they read best; what they import is among them. */
const PUBLIC = ["connect", "public/client", "public/conversation", "public/types", "public/errors", "public/storage"];
/** Names that platforms have too, but by which the client asks nothing of them. */
const OURS =
  "adopt apply begin changed connection draw entry flush mark ordered persist refresh save show subscribed take timeline";
/** What is in the storage, which other versions of the client read too, and what the modules export to each other. */
const SHARED = ["offline/stored", "offline/persistence"];

/** Comments and texts: no names stand in them. */
const NO_NAMES = /\/\*[\s\S]*?\*\/|\/\/.*|"[^"\n]*"|`[^`]*`/g;
const LINE_LENGTH_MAX = 960;

const { values } = parseArgs({ options: { outdir: { type: "string", default: join(ROOT, "dist/client") } } });
const outdir = resolve(values.outdir);

rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
const declarations = declare();
const regex = internalNames();
/** Both modules call the same things by the same short names. */
const nameCache = {};
const persistence = await bundle("offline/persistence");
// Named after its content: with that of another version the short names would not be the same.
const apart = `persistence-${Bun.hash(persistence).toString(36)}.js`;
writeFileSync(join(outdir, apart), persistence);
writeFileSync(join(outdir, "index.js"), await bundle("index", apart));
writeFileSync(join(outdir, "index.d.ts"), declarationsOf(PUBLIC));
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

/** A module with all that it needs, but for the one that is loaded later. */
async function bundle(name: string, apart = ""): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [join(SOURCE, `${name}.ts`)],
    target: "browser",
    format: "esm",
    minify: { syntax: true },
    plugins: [
      {
        name: "apart",
        setup({ onResolve }) {
          onResolve({ filter: /^\.{1,2}\/.*persistence\.ts$/ }, () => ({ path: `./${apart}`, external: true }));
        },
      },
    ],
  });
  // Of what it makes of this, a fifteenth is saved over Bun's own.
  const { code = "" } = await minify((await outputs[0]?.text()) ?? "", {
    module: true,
    ecma: 2020,
    compress: { passes: 3 },
    // It has a list of its own of what platforms have, where much of ours is too.
    mangle: { properties: { regex, builtins: true } },
    // Platforms print an error under the name of its class.
    keep_classnames: /^ConfabError$/,
    // Platforms print the line where an error was thrown: one of 25 KB would bury what it says.
    format: { max_line_len: LINE_LENGTH_MAX },
    nameCache,
  });
  return code;
}

/**
 * The names by which the parts know each other, which can be short ones: all that the parts' declarations have, but what is
 * declared for the outside too, on the wire, in the storage or of a platform.
 */
function internalNames(): RegExp {
  const read = (path: string) => readFileSync(path, "utf8");
  const platform = globSync("node_modules/@typescript/*/lib/lib.*.d.ts", { cwd: ROOT });
  if (platform.length === 0) throw new Error("no names of platforms were found");
  const wire = globSync("src/protocol/*.ts", { cwd: ROOT });
  const reserved = wordsOf(
    ...[...PUBLIC, ...SHARED].map(declarationOf),
    ...[...platform, ...wire].map((path) => read(join(ROOT, path))),
  );
  for (const word of OURS.split(" ")) reserved.delete(word);
  const all = wordsOf(...[...declarations.values()]);
  // What has an underscore or begins with a capital is on the wire or a type.
  const internal = [...all].filter((word) => !reserved.has(word) && /^[a-z][a-zA-Z]*$/.test(word));
  return new RegExp(`^(${internal.join("|")})$`);
}

function wordsOf(...texts: string[]): Set<string> {
  const words = texts.flatMap((text) => text.replace(NO_NAMES, "").match(/[A-Za-z_$][\w$]*/g) ?? []);
  return new Set(words);
}

function declarationOf(name: string): string {
  const text = declarations.get(name);
  if (text === undefined) throw new Error(`${name}.ts has no declarations`);
  return text;
}

/** These files' declarations one after the other: what they import from each other is there already. */
function declarationsOf(names: string[]): string {
  const texts = names.map(declarationOf);
  return texts.join("\n").replace(/^(import|export) (type )?(\{[^}]*\}|\*) from "[^"]*";\n/gm, "");
}

/** Each file's declarations. */
function declare(): Map<string, string> {
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
    const sdk = join(folder, "sdk");
    return new Map(
      globSync("**/*.d.ts", { cwd: sdk }).map((file) => [
        file.replace(".d.ts", ""),
        readFileSync(join(sdk, file), "utf8"),
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
