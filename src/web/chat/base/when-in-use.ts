const waiting: (() => Promise<void>)[] = [];

/**
 * Loads parts of the page as soon as it is shown, one after the other. So they are there when somebody needs them, also if
 * the connection is lost by then, and they leave the connection to the messages.
 */
export function whenInUse(...preloads: readonly (() => Promise<void>)[]) {
  const isRunning = waiting.length > 0;
  waiting.push(...preloads);
  if (isRunning) return;
  if (document.readyState === "complete") void loadAll();
  else addEventListener("load", () => void loadAll(), { once: true });
}

async function loadAll() {
  for (let next = waiting[0]; next; next = waiting[0]) {
    await next();
    waiting.shift();
  }
}
