import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folders that every feature may import. */
const BELOW =
  "protocol text notify base bus limits places log rights jobs followers http ws/{acknowledge,command,hub,socket} platform/{postgres,blobs,mail,outbound,pictures,scanners}";
/** The files of a feature that may import http/ and ws/: its service and stores work without them. */
const EDGES: Record<string, RegExp> = {
  http: /(routes|session-cookies|identify|admin\/env|security-txt|page-facts|files\/download)\.ts$|\/routes\//,
  ws: /\/commands\.ts$/,
};

/**
 * The folders and files that a folder may import besides itself, as paths in src/ or src/server/. The first line that fits a
 * file applies to it. A feature enters another one only by the files that are named here.
 */
const MAY_IMPORT: Record<string, string> = {
  protocol: "",
  text: "",
  notify: "protocol text",
  sdk: "protocol text notify",
  web: "sdk protocol text notify",
  base: "protocol",
  "{bus,limits,places}": "protocol base",
  "platform/postgres": "protocol base",
  "platform/{pglite,backup}": "base platform/postgres",
  "platform/{blobs,mail,logs,outbound}": "base",
  "platform/scanners": "base platform/outbound",
  "platform/containers": "platform/blobs",
  "platform/pictures": "protocol base platform/{blobs,containers}",
  log: "protocol text base bus platform/postgres",
  "{rights,jobs}": "protocol base bus log platform/postgres",
  followers: "protocol base bus log jobs platform/postgres",
  http: "protocol base limits rights web/{colour,design,static}",
  redis: "protocol base bus limits places log",
  "features/notifications": `${BELOW} features/me/{own-stream,own-writes}`,
  "features/messages": `${BELOW} features/{mentions,replies}/service features/files/attaching`,
  "features/{typing,reading}": `${BELOW} features/messages/service`,
  "features/changes": BELOW,
  "features/previews": `${BELOW} features/me/{own-stream,own-writes}`,
  "features/{saved,drafts}": `${BELOW} features/me/{own-stream,own-writes,places}`,
  "features/scheduled": `${BELOW} features/me/{own-stream,own-writes,places} features/messages/service`,
  "features/members": `${BELOW} features/requests/statements`,
  "features/conversations": `${BELOW} features/me/{state,statements,store} features/members features/requests/{announce,statements,store} features/typing/service`,
  "features/accounts": `${BELOW} features/audit features/conversations/service`,
  "features/pictures": `${BELOW} features/audit features/conversations/service`,
  "features/server": `${BELOW} features/audit features/accounts/first-user`,
  "features/threads": `${BELOW} features/conversations/service features/messages/{parts,service}`,
  "features/web": `${BELOW} web/{files,addresses,colour,early-links} features/accounts/session-cookies features/server/routes`,
  "features/invites": `${BELOW} features/audit features/accounts/{account,users} features/{conversations/service,members/alter,requests/statements}`,
  "features/admin": `${BELOW} features/{audit,members,statistics} features/accounts/{account,ended-sessions,password-links,statements} features/{conversations/service,invites/statements,metrics/service,pictures/service,server/settings}`,
  // All other features.
  "features/*": BELOW,
  ws: "protocol base bus limits places log http",
  cli: "protocol base node platform config",
  node: "protocol web server",
  "{main,database-thread}": "protocol cli node config settings platform/pglite",
  "{config,settings,setting-schemas}": "protocol base config settings setting-schemas",
};

interface Import {
  from: string;
  to: string;
  /** Nothing is left of it at run time. */
  isType: boolean;
}

const IMPORT = /\b(?:import|export)\s+(type\s)?([^"';]*?)\s*\bfrom\s*"([^"]+)"|\bimport\s*\(?\s*"([^"]+)"/g;

function importsOf(from: string): Import[] {
  const code = readFileSync(from, "utf8").replace(/^\s*(\*|\/\/|\/\*).*$/gm, "");
  return [...code.matchAll(IMPORT)].map(([, type, names = "", by = "", path = by]) => {
    const listed = /^\{(.*)\}$/s
      .exec(names)?.[1]
      ?.split(",")
      .filter((name) => name.trim() !== "");
    const isType = type !== undefined || (listed?.every((name) => /^\s*type\s/.test(name)) ?? false);
    return { from, to: path.startsWith(".") ? join(dirname(from), path) : path, isType };
  });
}

const files = [...new Bun.Glob("src/**/*.{ts,tsx}").scanSync(".")].filter((file) => !file.endsWith(".d.ts")).sort();
const all = files.flatMap(importsOf);
const shown = ({ from, to }: Import) => `${from} → ${to}`;
const isIn = (file: string, place: string) => new Bun.Glob(`src/{,server/}${place}{.ts,/**}`).match(file);
const ruleOf = (file: string) => Object.keys(MAY_IMPORT).find((place) => isIn(file, place)) ?? "";
/** A line for several folders does not let them import each other. */
const isSameFolder = (a: string, b: string) => {
  const [one = "", other = ""] = [a, b].map((file) => file.replace(/^src\/(server\/)?((features|platform)\/)?/, ""));
  return one.split("/")[0] === other.split("/")[0];
};

test("a folder imports only the folders that the table allows", () => {
  const forbidden = all.filter(({ from, to }) => {
    if (!to.startsWith("src/") || (ruleOf(from) === ruleOf(to) && isSameFolder(from, to))) return false;
    if (isIn(from, "features"))
      for (const [edge, files] of Object.entries(EDGES)) if (isIn(to, edge) && !files.test(from)) return true;
    return !MAY_IMPORT[ruleOf(from)]?.split(" ").some((allowed) => isIn(to, allowed));
  });
  expect(forbidden.map(shown)).toEqual([]);
});

test("the protocol imports no package but zod, and the SDK imports none, not even through the protocol", () => {
  const packages = all.filter(({ to, isType }) => !isType && !/^(src\/|package\.json$)/.test(to));
  const reached = new Set(files.filter((file) => file.startsWith("src/sdk/")));
  for (const file of reached)
    for (const { from, to, isType } of all) if (from === file && !isType && existsSync(to)) reached.add(to);
  expect(packages.filter(({ from }) => reached.has(from)).map(shown)).toEqual([]);
  expect(packages.filter(({ from, to }) => from.startsWith("src/protocol/") && to !== "zod").map(shown)).toEqual([]);
});

test("no files and no folders import each other in a circle", () => {
  const between = all.filter(({ to }) => existsSync(to));
  expect(circles(between)).toEqual([]);
  // A folder and a folder within it count as one.
  const isOne = (a: string, b: string) => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
  const folders = between.map((one) => ({ ...one, from: dirname(one.from), to: dirname(one.to) }));
  expect(circles(folders.filter(({ from, to }) => !isOne(from, to)))).toEqual([]);
});

/** Finds a circle for each import that closes one, as `a → b → a`. */
function circles(edges: Import[]): string[] {
  const next = Map.groupBy(edges, ({ from }) => from);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (at: string, path: string[]) => {
    const start = path.indexOf(at);
    if (start >= 0) found.push([...path.slice(start), at].join(" → "));
    if (start >= 0 || done.has(at)) return;
    for (const to of new Set(next.get(at)?.map((edge) => edge.to))) visit(to, [...path, at]);
    done.add(at);
  };
  for (const from of next.keys()) visit(from, []);
  return found;
}
