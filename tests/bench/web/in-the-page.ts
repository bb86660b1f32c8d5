/**
 * Runs before the page's own scripts. Notes when the newest messages stand there, and a letter that is typed shows, in ms
 * since the page was asked for. The letter is removed again.
 * @param newest the newest message begins with it
 */
export const NOTE_USABLE = (newest: string) => `(() => {
  const look = () => {
    const input = document.querySelector(".composer-input");
    const last = document.querySelector(".message-last");
    if (!input || !last || !last.textContent.includes(${JSON.stringify(newest)})) return requestAnimationFrame(look);
    input.focus();
    document.execCommand("insertText", false, "x");
    if (input.value !== "x") return requestAnimationFrame(look);
    requestAnimationFrame(() => setTimeout(() => {
      globalThis.usableAt = performance.now();
      document.execCommand("delete");
    }));
  };
  addEventListener("DOMContentLoaded", look);
})()`;

export const USABLE = `new Promise((done) => {
  const look = () => globalThis.usableAt === undefined ? setTimeout(look, 20) : done(globalThis.usableAt);
  look();
})`;

/** Opens conversations of the list one after the other. Returns how long each took from the click to its paint, in ms. */
export const OPEN_ALL = (ids: readonly string[]) => `(async () => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const times = [];
  for (const id of ${JSON.stringify(ids)}) {
    const row = document.querySelector('.conversation-row[href*="' + id + '"]');
    if (!row) continue;
    const began = performance.now();
    row.click();
    for (;;) {
      await painted();
      const section = document.querySelector('.conversation[data-conversation="' + id + '"]');
      if (section && section.querySelector(".message-last") && section.querySelector(".composer-input")) break;
    }
    times.push(performance.now() - began);
    await new Promise((done) => setTimeout(done, 150));
  }
  return times;
})()`;

/** Scrolls to the top until there is nothing older. */
export const LOAD_ALL = `(async () => {
  const began = performance.now();
  const scroller = document.querySelector(".messages-scroller");
  while (!document.querySelector(".messages-beginning")) {
    scroller.scrollTop = 0;
    await new Promise(requestAnimationFrame);
  }
  return { ms: performance.now() - began };
})()`;

const FRAMES = 600;

/** Scrolls down from the top by so many pixels a frame; how long each frame took, in ms. */
export const SCROLL = (pixels: number) => `(async () => {
  const scroller = document.querySelector(".messages-scroller");
  scroller.scrollTop = 0;
  await new Promise((done) => setTimeout(done, 500));
  const times = [];
  let last = await new Promise(requestAnimationFrame);
  for (let frame = 0; frame < ${FRAMES}; frame++) {
    scroller.scrollTop += ${pixels};
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last);
    last = now;
  }
  return times;
})()`;

/** A frame is 1/60 s. One that takes half as long again has kept the next one waiting. */
const LATE_MS = 25;

export const lateOf = (times: readonly number[]) => times.filter((ms) => ms > LATE_MS).length;

/** The time within which this share of all lies. */
export const within = (times: readonly number[], share: number) =>
  times.toSorted((a, b) => a - b)[Math.floor(share * (times.length - 1))] ?? 0;

export const frameTimes = (times: readonly number[]) =>
  `${times.length} frames, ${lateOf(times)} late; median ${within(times, 0.5).toFixed(1)} ms, 99 % within ${within(times, 0.99).toFixed(1)} ms, longest ${within(times, 1).toFixed(1)} ms`;
