import { describe } from "bun:test";
import { afterAllFiles } from "./cleanup.ts";
import { freePort } from "./postgres.ts";

// The engine of Safari, as Debian has it (webkit2gtk-driver, xvfb). It is driven by WebDriver, a few calls over HTTP:
// https://www.w3.org/TR/webdriver2/#endpoints

const [browser] = new Bun.Glob("/usr/lib/*/webkit2gtk-4.1/MiniBrowser").scanSync({ cwd: "/", absolute: true });
const driver = Bun.which("WebKitWebDriver");
const screen = Bun.which("Xvfb");
const isThere = browser !== undefined && driver !== null && screen !== null;
if (!isThere)
  process.stderr.write("SKIPPED: the tests in WebKit, it is not installed (Debian: webkit2gtk-driver, xvfb)\n");

/** A group of tests that need WebKit. */
export const describeInWebkit = describe.skipIf(!isThere);

/** Keys of WebDriver's own: https://www.w3.org/TR/webdriver2/#keyboard-actions */
export const keys = { enter: "\uE007", escape: "\uE00C", control: "\uE009", delete: "\uE017" };

const PATIENCE_MS = 30_000;

/** One page in a WebKit of its own. */
export interface WebkitPage {
  goTo(url: string): Promise<void>;
  /** The value of a JavaScript expression on the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** Waits until the expression is true. */
  until(expression: string): Promise<void>;
  /** Presses and lets go of each key, wherever the focus is. A modifier is held for all that come after it. */
  press(...keys: string[]): Promise<void>;
}

/** A WebKit with a fresh profile on a screen of its own; both end after the last test. */
export async function startWebkit(): Promise<WebkitPage> {
  if (!isThere) throw new Error("WebKit is not installed (Debian: webkit2gtk-driver, xvfb)");
  const display = await startScreen(screen);
  const port = await freePort();
  const child = Bun.spawn([driver, `--port=${port}`], {
    env: { ...process.env, DISPLAY: display, GDK_BACKEND: "x11", WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" },
    stdio: ["ignore", "ignore", "ignore"],
  });
  afterAllFiles(async () => {
    child.kill();
    await child.exited;
  });
  const call = async (method: string, path: string, body?: object) => {
    const url = `http://127.0.0.1:${port}/session${path}`;
    const answer = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
    const { value } = (await answer.json()) as { value: { error?: string; message?: string; sessionId?: string } };
    if (!answer.ok) throw new Error(`WebKit: ${value.error}: ${value.message}`);
    return value;
  };
  const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": { binary: browser, args: ["--automation"] } } };
  const session = await patiently(() => call("POST", "", { capabilities }));
  const own = `/${session.sessionId}`;
  afterAllFiles(async () => void (await call("DELETE", own)));

  const page: WebkitPage = {
    goTo: async (url) => void (await call("POST", `${own}/url`, { url })),
    evaluate: async <T>(expression: string) =>
      (await call("POST", `${own}/execute/sync`, { script: `return ${expression}`, args: [] })) as T,
    async until(expression) {
      const until = performance.now() + PATIENCE_MS;
      while (!(await page.evaluate(`Boolean(${expression})`))) {
        if (performance.now() > until) throw new Error(`never true: ${expression}`);
        await Bun.sleep(50);
      }
    },
    async press(...pressed) {
      const actions = pressed.flatMap((value) => {
        const down = { type: "keyDown", value };
        return value === keys.control ? [down] : [down, { type: "keyUp", value }];
      });
      await call("POST", `${own}/actions`, { actions: [{ type: "key", id: "keyboard", actions }] });
      await call("DELETE", `${own}/actions`);
    },
  };
  return page;
}

/** Resolves with the name of the screen, which the program prints when it is ready. */
async function startScreen(program: string): Promise<string> {
  const child = Bun.spawn([program, "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  afterAllFiles(async () => {
    child.kill();
    await child.exited;
  });
  const { value } = await child.stdout.getReader().read();
  return `:${new TextDecoder().decode(value).trim()}`;
}

/** Until the driver listens. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (;;)
    try {
      return await work();
    } catch (error) {
      if (performance.now() > until || (error instanceof Error && error.message.startsWith("WebKit:"))) throw error;
      await Bun.sleep(50);
    }
}
