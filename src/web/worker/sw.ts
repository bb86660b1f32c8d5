import { buildAddress, CHAT_ADDRESSES, readAddress } from "../addresses.ts";

/** Set by the bundler: a name that changes with the page, and the files of the page. */
declare const SHELL: { version: string; page: string; files: string[] };
declare const self: ServiceWorkerGlobalScope;

const PREFIX = "confab-shell-";
const { version, page: PAGE, files: FILES } = SHELL;
const CACHE = PREFIX + version;

/** Whether the kept page can show this path offline. Invites and passwords need the server. */
function isKeptPath(path: string): boolean {
  const page = readAddress(CHAT_ADDRESSES, path)?.name;
  return page !== undefined && page !== "invite" && page !== "password";
}

self.addEventListener("install", (event) => event.waitUntil(keepShell().then(() => self.skipWaiting())));

/** Keeps the page only together with all its files. If one fails, the browser installs the worker again later. */
async function keepShell() {
  const answer = await fetch(PAGE, { cache: "no-cache" });
  const [html, cache] = await Promise.all([answer.clone().text(), caches.open(CACHE)]);
  // The server was replaced after this worker was loaded.
  if (!answer.ok || strangersIn(html).length > 0) throw new Error("The page is another one");
  await cache.addAll(FILES);
  await cache.put(PAGE, answer);
}

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => {
        const others = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
        // The cache before stays, because an open tab may still use it.
        return Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
      })
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (isKeptPath(url.pathname)) event.respondWith(page(request));
  } else if (FILES.includes(url.pathname) || url.pathname.startsWith("/assets/")) {
    event.respondWith(caches.match(request).then((known) => known ?? fetch(request)));
  }
});

/** The assets in a page that the cache does not have. */
const strangersIn = (html: string) => (html.match(/\/assets\/[^"]+/g) ?? []).filter((file) => !FILES.includes(file));

/**
 * Returns the page of the server, which is never out of date. If the server or a file of that page is missing, returns
 * the kept page.
 */
async function page(request: Request): Promise<Response> {
  const known = async () => (await caches.open(CACHE)).match(PAGE);
  try {
    const answer = await fetch(request);
    return answer.status < 500 && (await isWhole(answer.clone())) ? answer : ((await known()) ?? answer);
  } catch (error) {
    const kept = await known();
    if (kept) return kept;
    throw error;
  }
}

/** During a rolling restart, an old node may be asked for assets of a new page, and not have them. */
async function isWhole(page: Response): Promise<boolean> {
  const files = strangersIn(await page.text());
  const has = await Promise.all(files.map((file) => fetch(file).then(({ ok }) => ok)));
  return has.every(Boolean);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const id: unknown = event.notification.data?.conversationId;
  if (typeof id === "string") event.waitUntil(openConversation(id));
});

async function openConversation(id: string) {
  const tabs = await self.clients.matchAll({ type: "window" });
  const tab = tabs.find(({ url }) => isKeptPath(new URL(url).pathname));
  if (!tab) return void (await self.clients.openWindow(buildAddress(CHAT_ADDRESSES.conversation, id)));
  tab.postMessage({ openConversation: id });
  await tab.focus();
}
