import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { version } from "../../package.json";
import { CHAT_ADDRESSES } from "./addresses.ts";

/** A file of the web client as browsers receive it. */
export interface WebFile {
  /** The path of its address: `/assets/index-1a2b3c4d.js`. Pages have `/chat/index.html` and the like. */
  path: string;
  type: string;
  bytes: Uint8Array;
}

const HERE = import.meta.dir;

/** Each page has an HTML file. Code that both use is in chunks of its own. */
const PAGES = ["chat/index.html", "admin/index.html"];

/** The page that the service worker keeps: its file and its address. */
const KEPT = { file: "/chat/index.html", address: CHAT_ADDRESSES.home };

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

/** Goes into the head of every page. In the HTML files the bundler would follow and rename these addresses. */
const HEAD = [
  '<meta name="theme-color" content="#f3f1ed" media="(prefers-color-scheme: light)">',
  '<meta name="theme-color" content="#0c0d11" media="(prefers-color-scheme: dark)">',
  '<link rel="icon" href="/icons/icon.svg" type="image/svg+xml">',
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
  const pages = await built({
    ...OPTIONS,
    entrypoints: PAGES.map((page) => join(HERE, page)),
    splitting: true,
    publicPath: "/",
    naming: { entry: "[dir]/[name].[ext]", chunk: "assets/[name]-[hash].[ext]", asset: "assets/[name]-[hash].[ext]" },
    define: { "process.env.NODE_ENV": '"production"', CONFAB_VERSION: JSON.stringify(version) },
    plugins: [reactIsPreact],
  });
  const files = [...pages.map((page) => withHead(page, pages)), ...(await staticFiles())];
  return [...files, await worker(files)];
}

function withHead(file: WebFile, pages: readonly WebFile[]): WebFile {
  if (!file.path.endsWith(".html")) return file;
  // The SDK loads this chunk at its start and waits for it. Preloading saves a round trip.
  const early = file.path === KEPT.file ? pages.filter(({ path }) => path.startsWith("/assets/persistence-")) : [];
  const links = early.map(({ path }) => `<link rel="modulepreload" crossorigin href="${path}">`).join("");
  const html = new TextDecoder().decode(file.bytes).replace("</title>", `</title>${HEAD}${links}`);
  return { ...file, bytes: new TextEncoder().encode(html) };
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
      bytes: new Uint8Array(await output.arrayBuffer()),
    })),
  );
}
