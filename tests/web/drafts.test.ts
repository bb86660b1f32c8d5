import { afterAll, describe, expect, test } from "bun:test";
import { Draft, draftOf, forgetDrafts } from "../../src/web/chat/messages/drafts.ts";

type Listener = (event: Event) => void;
interface Change {
  key: string;
  oldValue: string | null;
  newValue: string | null;
}

/** Several tabs over one storage, as browsers run them: a change reaches the other tabs as an event, some time later. */
class Browser {
  readonly items = new Map<string, string>();
  readonly tabs: Tab[] = [];
  isFull = false;
  /** The tab whose code runs. */
  running: Tab | undefined;

  install() {
    const browser = this;
    const storage = {
      getItem: (name: string) => browser.items.get(name) ?? null,
      setItem(name: string, text: string) {
        if (browser.isFull) throw new Error("QuotaExceededError");
        browser.write(name, text);
      },
      removeItem: (name: string) => browser.write(name, null),
    };
    // `Object.keys` of the real one gives the names of the items.
    const localStorage = new Proxy(storage, {
      ownKeys: () => [...browser.items.keys()],
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    });
    Object.defineProperty(globalThis, "localStorage", { value: localStorage, configurable: true });
    globalThis.addEventListener = (type: string, listener: unknown, options?: unknown) => {
      const tab = browser.running;
      if (!tab || typeof listener !== "function") return;
      const one: Listener = (event) => listener(event);
      tab.listeners.push({ type, listener: one });
      const signal =
        typeof options === "object" && options !== null && "signal" in options ? options.signal : undefined;
      if (signal instanceof AbortSignal)
        signal.onabort = () => {
          tab.listeners = tab.listeners.filter((other) => other.listener !== one);
        };
    };
  }

  in<T>(tab: Tab, run: () => T): T {
    const before = this.running;
    this.running = tab;
    const result = run();
    this.running = before;
    return result;
  }

  private write(key: string, newValue: string | null) {
    const oldValue = this.items.get(key) ?? null;
    if (oldValue === newValue) return;
    if (newValue === null) this.items.delete(key);
    else this.items.set(key, newValue);
    for (const tab of this.tabs) if (tab !== this.running && !tab.isFrozen) tab.queue.push({ key, oldValue, newValue });
  }

  /** Delivers everything that waits. */
  settle() {
    for (let rounds = 0; this.tabs.some((tab) => tab.deliver()); rounds++)
      if (rounds > 1_000) throw new Error("the tabs never come to rest");
  }
}

class Tab {
  listeners: { type: string; listener: Listener }[] = [];
  queue: Change[] = [];
  isFrozen = false;
  /** All texts that the field has shown. */
  readonly shown: string[] = [];
  draft: Draft;

  constructor(
    readonly browser: Browser,
    userId: () => number | undefined = () => 1,
  ) {
    browser.tabs.push(this);
    this.draft = browser.in(this, () => new Draft(userId, "c", () => this.note()));
    browser.in(this, () => this.draft.listen());
    this.note();
  }

  note() {
    if (this.draft && this.shown.at(-1) !== this.draft.text) this.shown.push(this.draft.text);
  }

  write(text: string) {
    this.browser.in(this, () => this.draft.change(text));
    this.note();
  }

  emit(type: string, event: object = {}) {
    this.browser.in(this, () => {
      for (const one of [...this.listeners]) if (one.type === type) one.listener(Object.assign(new Event(type), event));
    });
  }

  deliver(): boolean {
    const change = this.isFrozen ? undefined : this.queue.shift();
    if (change) this.emit("storage", change);
    return change !== undefined;
  }

  /** A page in the cache for going back gets no events, and later only the event that it is shown. */
  thaw() {
    this.isFrozen = false;
    this.emit("pageshow");
  }

  close() {
    this.emit("pagehide");
    this.browser.tabs.splice(this.browser.tabs.indexOf(this), 1);
  }
}

const listen = globalThis.addEventListener;
afterAll(() => {
  globalThis.addEventListener = listen;
  Reflect.deleteProperty(globalThis, "localStorage");
});

function browserOf(tabs: number) {
  const browser = new Browser();
  browser.install();
  return { browser, tabs: Array.from({ length: tabs }, () => new Tab(browser)) };
}
const NAME = "confab.draft.1.c";
const LONG = "A long draft that took a while to write";

describe("drafts of several tabs", () => {
  test("the longest text is stored again when another tab has sent or cleared its longer one", () => {
    const { browser, tabs } = browserOf(3);
    const [one, two, three] = tabs;
    one?.write(`${LONG}, and then some`);
    browser.settle();
    two?.write("Xy: another text");
    three?.write("Qz");
    browser.settle();
    expect(tabs.map(({ draft }) => draft.text)).toEqual([`${LONG}, and then some`, "Xy: another text", "Qz"]);
    expect(two?.draft.offer).toBe(`${LONG}, and then some`);
    one?.write("");
    browser.settle();
    expect(browser.items.get(NAME)).toBe("Xy: another text");
    expect(three?.draft.offer).toBe("Xy: another text");
  });

  test("a text that begins as the own one does not replace a longer one that its tab never showed", () => {
    const { browser, tabs } = browserOf(2);
    const [one, two] = tabs;
    one?.write("Hell");
    browser.settle();
    // Both type before either gets the other's text.
    two?.write("Hello, and here is all that happened");
    browser.items.set(NAME, "Hell");
    one?.write("Hello");
    browser.settle();
    expect(two?.draft.text).toBe("Hello, and here is all that happened");
    expect(browser.items.get(NAME)).toBe("Hello, and here is all that happened");
  });

  test("an offered draft that is used is shared from then on", () => {
    const { browser, tabs } = browserOf(2);
    const [one, two] = tabs;
    one?.write(LONG);
    browser.settle();
    two?.write("Qz");
    browser.settle();
    two?.write(two.draft.offer ?? "");
    expect(two?.draft.offer).toBeUndefined();
    two?.write(`${LONG}!`);
    browser.settle();
    expect(one?.draft.text).toBe(`${LONG}!`);
  });

  test("a page of before a sign-out stores nothing, whatever it still shows", () => {
    const { browser, tabs } = browserOf(2);
    const [one, two] = tabs;
    one?.write(LONG);
    browser.settle();
    two?.write("Qz");
    if (one) browser.in(one, () => forgetDrafts(1));
    browser.settle();
    two?.write("Qz and more");
    two?.close();
    expect(browser.items.has(NAME)).toBe(false);
    const next = new Tab(browser);
    next.write("new");
    expect(browser.items.get(NAME)).toBe("new");
  });

  test("a full storage keeps the draft in the page, and does not hide a longer one of another tab", () => {
    const { browser, tabs } = browserOf(2);
    const [one, two] = tabs;
    browser.isFull = true;
    one?.write("kept here");
    expect(draftOf(1, "c")).toBe("kept here");
    browser.isFull = false;
    two?.write(LONG);
    browser.settle();
    one?.write("kept here!");
    browser.settle();
    expect(browser.items.get(NAME)).toBe(LONG);
    expect(one?.draft.text).toBe("kept here!");
    one?.write("");
  });

  test("the longest unsent text is stored, and only tabs that show a text change it, after any acts", () => {
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const words = ["Hello", " you", " and more", "Xy", "a", "Why not ", "ZZZ zzz"];
    const word = () => words[random(words.length)] ?? "";
    for (let round = 0; round < 2_000; round++) {
      const { browser, tabs } = browserOf(2 + random(2));
      const seen: string[] = [];
      for (let step = 0; step < 40; step++) {
        const tab = browser.tabs[random(browser.tabs.length)];
        if (!tab) continue;
        const before = browser.tabs.map((one) => one.draft.text);
        const act = random(12);
        if (act === 0) tab.isFrozen = true;
        if (act === 1) {
          tab.close();
          tabs.push(new Tab(browser));
        }
        if (act > 1 && tab.isFrozen) tab.thaw();
        if (act >= 2 && act < 7) tab.write(tab.draft.text + word());
        if (act === 7) tab.write(tab.draft.text.slice(0, -1 - random(4)));
        if (act === 8) tab.write(word());
        if (act === 9) tab.write("");
        if (act === 10) tab.deliver();
        if (act > 7 || random(3) === 0) browser.settle();
        seen.push(`${tabs.indexOf(tab)}:${act}:${JSON.stringify(tab.draft.text)}`);
        // A text that a tab no longer shows was changed by hand, there or in another tab that showed it.
        for (const [i, one] of browser.tabs.entries()) {
          const was = before[i];
          if (one === tab || was === undefined || was.trim() === "" || was === one.draft.text) continue;
          const others = [...tabs].filter((other) => other !== one);
          if (!others.some(({ shown }) => shown.includes(was))) throw new Error(`lost ${was}: ${seen.join(" ")}`);
        }
      }
      for (const tab of browser.tabs) if (tab.isFrozen) tab.thaw();
      browser.settle();
      const longest = Math.max(...browser.tabs.map(({ draft }) => draft.text.trim().length));
      const kept = (browser.items.get(NAME) ?? "").length;
      if (kept < longest) throw new Error(`stored ${kept} of ${longest}: ${seen.join(" ")}`);
    }
  });
});
