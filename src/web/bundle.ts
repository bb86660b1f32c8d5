import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { version } from "../../package.json";
import { CHAT_ADDRESSES } from "./addresses.ts";
import { earlyLink, type Visitor } from "./early-links.ts";

/** A file of the web client as browsers receive it. */
export interface WebFile {
  /** The path of its address: `/assets/index-1a2b3c4d.js`. Pages have `/chat/index.html` and the like. */
  path: string;
  type: string;
  bytes: Uint8Array;
}

const HERE = import.meta.dir;

/**
 * Each page has an HTML file. Pages of one list have their common code in chunks of its own. The reference of the API
 * is bundled alone: with it, the chat's code would be cut into more and smaller chunks.
 */
const PAGES = [["chat/index.html"], ["admin/index.html"], ["reference/index.html"]];

/** The page that the service worker keeps: its file and its address. */
const KEPT = { file: "/chat/index.html", address: CHAT_ADDRESSES.home };

/**
 * The chunks that load at once, so their files are named in the kept page, which saves round trips. The server takes the
 * links away that are not for the visitor.
 */
const EARLY: readonly (readonly [visitor: Visitor | undefined, chunk: string])[] = [
  [undefined, "persistence"],
  ["signed-in", "shell"],
  ["signed-out", "signed-out"],
];

/** These files keep their paths. */
const STATIC = join(HERE, "static");

/** Packages for React run on Preact. */
const REACT: Record<string, string> = {
  react: "preact/compat",
  "react-dom": "preact/compat",
  "react/jsx-runtime": "preact/jsx-runtime",
};
const reactIsPreact: Bun.BunPlugin = {
  name: "react is preact",
  setup(build) {
    build.onResolve({ filter: /^react(-dom)?(\/jsx-runtime)?$/ }, ({ path }) => ({
      path: Bun.resolveSync(REACT[path] ?? path, HERE),
    }));
  },
};

/**
 * A module that imports CSS brings its own style sheet. So a part of the page that loads later has its rules in its chunk,
 * and they apply before it is shown. The first style sheet of a page is the one that its HTML names.
 */
function cssComesAlong(sheets: ReadonlyMap<string, string>): Bun.BunPlugin {
  const resolve = (path: string, importer: string) => join(dirname(importer), path);
  return {
    name: "css comes along",
    setup(build) {
      build.onResolve({ filter: /\.css$/ }, ({ path, importer }) =>
        isScript(importer) ? { path: resolve(path, importer), namespace: "css" } : undefined,
      );
      build.onLoad({ filter: /./, namespace: "css" }, ({ path }) => ({
        contents: `const sheet = new CSSStyleSheet();
          sheet.replaceSync(${JSON.stringify(sheets.get(path) ?? "")});
          document.adoptedStyleSheets.push(sheet);`,
        loader: "js",
      }));
    },
  };
}

const isScript = (path: string) => /\.tsx?$/.test(path);

/** Builds the CSS that modules import, by its path. A build inside another one would never end. */
async function sheetsOfModules(): Promise<Map<string, string>> {
  const paths = new Set<string>();
  for (const name of readdirSync(HERE, { recursive: true, encoding: "utf8" }).filter(isScript)) {
    const path = join(HERE, name);
    for (const [, css = ""] of (await Bun.file(path).text()).matchAll(/^import "([^"]+\.css)";$/gm))
      paths.add(join(dirname(path), css));
  }
  const build = async (path: string) => {
    const [sheet] = await built({ ...OPTIONS, entrypoints: [path] });
    return [path, new TextDecoder().decode(sheet?.bytes).trim()] as const;
  };
  return new Map(await Promise.all([...paths].map(build)));
}

/**
 * Goes into the head of every page. In the HTML files the bundler would follow and rename these addresses. The server adds
 * the parts that depend on its name and colour.
 */
const HEAD = [
  '<link rel="apple-touch-icon" href="/icons/icon-192.png">',
  '<link rel="manifest" href="/manifest.webmanifest">',
].join("");

const OPTIONS = {
  root: HERE,
  target: "browser",
  format: "esm",
  minify: true,
} as const satisfies Partial<Bun.BuildConfig>;

/** Bundles the web client in some tens of milliseconds. The names of assets contain a hash of their content. */
export async function bundleWeb(): Promise<WebFile[]> {
  const sheets = await sheetsOfModules();
  const bundled = (await Promise.all(PAGES.map((page) => bundlePages(page, sheets)))).flat();
  // A chunk that is the same in two bundles has one name. A browser's cache refuses a list that names it twice.
  const pages = [...new Map(bundled.map((file) => [file.path, file])).values()];
  const early = await earlyScript();
  const files = [...pages.map((page) => withHead(page, pages, early)), early, ...(await staticFiles())];
  return [...files, await worker(files)];
}

const bundlePages = (pages: readonly string[], sheets: ReadonlyMap<string, string>) =>
  built({
    ...OPTIONS,
    entrypoints: pages.map((page) => join(HERE, page)),
    splitting: true,
    publicPath: "/",
    naming: { entry: "[dir]/[name].[ext]", chunk: "assets/[name]-[hash].[ext]", asset: "assets/[name]-[hash].[ext]" },
    define: { "process.env.NODE_ENV": '"production"', CONFAB_VERSION: JSON.stringify(version) },
    plugins: [reactIsPreact, cssComesAlong(sheets)],
  });

/** The script that the chat's page runs before the others. */
async function earlyScript(): Promise<WebFile> {
  const naming = "assets/[name]-[hash].[ext]";
  const [script] = await built({ ...OPTIONS, entrypoints: [join(HERE, "chat/early.ts")], naming });
  if (!script) throw new Error("the early script was not built");
  return script;
}

function withHead(file: WebFile, pages: readonly WebFile[], early: WebFile): WebFile {
  if (!file.path.endsWith(".html")) return file;
  const html = new TextDecoder().decode(file.bytes);
  const links =
    file.path === KEPT.file
      ? `<script type="module" async src="${early.path}"></script>${earlyLinks(html, pages)}`
      : "";
  return { ...file, bytes: new TextEncoder().encode(html.replace("</title>", `</title>${HEAD}${links}`)) };
}

function earlyLinks(html: string, pages: readonly WebFile[]): string {
  const named = importedBy(html, pages);
  const links = EARLY.flatMap(([visitor, chunk]) => {
    const [first] = pages.filter(({ path }) => path.startsWith(`/assets/${chunk}-`));
    if (!first) throw new Error(`the page has no chunk ${chunk}`);
    const files = [first, ...importedBy(new TextDecoder().decode(first.bytes), pages)];
    return files.filter((one) => !named.has(one)).map(({ path }) => earlyLink(path, visitor));
  });
  return [...new Set(links)].join("");
}

/** The scripts that a page names, or that a script imports at once, directly or through others. */
function importedBy(text: string, pages: readonly WebFile[]): Set<WebFile> {
  const found = new Set<WebFile>();
  const look = (source: string) => {
    for (const [, path] of source.matchAll(/(?:from|import|src=)\s*"(\/assets\/[^"]+\.js)"/g)) {
      const file = pages.find((one) => one.path === path);
      if (!file || found.has(file)) continue;
      found.add(file);
      look(new TextDecoder().decode(file.bytes));
    }
  };
  look(text);
  return found;
}

/** Builds the service worker, which has a list of all files of the page. */
async function worker(files: readonly WebFile[]): Promise<WebFile> {
  const shell = shellOf(files);
  const parts = shell.map(({ path, bytes }) => `${path} ${Bun.hash(bytes)}`).join("\n");
  const SHELL = {
    version: Bun.hash(parts).toString(36),
    page: KEPT.address,
    files: shell.map(({ path }) => path).filter((path) => path !== KEPT.file),
  };
  const [script] = await built({
    ...OPTIONS,
    entrypoints: [join(HERE, "worker/sw.ts")],
    naming: "[name].[ext]",
    define: { SHELL: JSON.stringify(SHELL) },
  });
  if (!script) throw new Error("the service worker was not built");
  return script;
}

/**
 * Returns the kept page and all files that it names, directly or through others. The names of assets are unique enough
 * to search for.
 */
function shellOf(files: readonly WebFile[]): WebFile[] {
  const shell = new Set(files.filter(({ path }) => path === KEPT.file || path.startsWith("/icons/")));
  for (const { type, bytes } of shell) {
    if (!/^text\//.test(type)) continue;
    const text = new TextDecoder().decode(bytes);
    for (const file of files)
      if (file.path.startsWith("/assets/") && text.includes(basename(file.path))) shell.add(file);
  }
  return [...shell];
}

async function staticFiles(): Promise<WebFile[]> {
  const names = readdirSync(STATIC, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Promise.all(
    names.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      const file = Bun.file(path);
      const type = name.endsWith(".webmanifest") ? "application/manifest+json" : file.type;
      return { path: path.slice(STATIC.length), type, bytes: await file.bytes() };
    }),
  );
}

async function built(config: Bun.BuildConfig): Promise<WebFile[]> {
  const { outputs } = await Bun.build(config);
  return Promise.all(
    outputs.map(async (output) => ({
      path: output.path.replace(/^\.?\/?/, "/"),
      type: output.type,
      bytes: output.path.endsWith(".css")
        ? new TextEncoder().encode(byDirection(await output.text()))
        : new Uint8Array(await output.arrayBuffer()),
    })),
  );
}

/** The bundler repeats rules with `:is()` for browsers that do not know it. The pages need newer ones anyway. */
const FOR_OLD_BROWSERS = /[^{}]*:-(?:webkit|moz)-any\([^{}]*\{[^{}]*\}/g;
const RTL_LANGUAGES = /:is\(:lang\(ae\)(?:,:lang\(\w+\))+\)/g;

/**
 * The bundler turns `inset-inline-start` into `left` or `right` by the language of the page. Here people choose the
 * direction, and a message has its own, so the direction decides.
 */
const byDirection = (css: string) => css.replace(FOR_OLD_BROWSERS, "").replace(RTL_LANGUAGES, ":dir(rtl)");
