import { isStoodIn } from "../../design/stand-in.ts";

/** How often to look whether the page still waits for content, in ms. */
const LOOK_MS = 50;
/** Parts load after this time in any case, in ms: without a connection, content may be on its way for long. */
const PATIENCE_MS = 5_000;

const waiting: (() => Promise<void>)[] = [];
/** By performance.now(). */
let patientUntil = Number.POSITIVE_INFINITY;

/**
 * Loads parts of the page as soon as its content is shown, one after the other. So they are there when somebody needs them,
 * also if the connection is lost by then, and they leave the connection and the processor to the messages.
 */
export function whenInUse(...preloads: readonly (() => Promise<void>)[]) {
  const isRunning = waiting.length > 0;
  waiting.push(...preloads);
  if (isRunning) return;
  if (document.readyState === "complete") void loadAll();
  else addEventListener("load", () => void loadAll(), { once: true });
}

async function loadAll() {
  patientUntil = Math.min(patientUntil, performance.now() + PATIENCE_MS);
  await pause();
  for (let next = waiting[0]; next; next = waiting[0]) {
    while (isStoodIn() && performance.now() < patientUntil) await pause();
    await next();
    waiting.shift();
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, LOOK_MS));
