/** When the newest messages stand there and one can write, in ms since the page was asked for. */
export const READY = `new Promise((done) => {
  const look = () =>
    document.querySelector(".message") && document.querySelector(".composer-input") ? done(performance.now()) : requestAnimationFrame(look);
  look();
})`;

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

export function frameTimes(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  const late = times.filter((ms) => ms > LATE_MS).length;
  return `${times.length} frames, ${late} late; median ${at(0.5)} ms, 99 % within ${at(0.99)} ms, longest ${at(1)} ms`;
}
