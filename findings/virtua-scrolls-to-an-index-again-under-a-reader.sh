#!/usr/bin/env bash
# virtua 0.54.2 (React 19.2.0), `scrollToIndex(last, { align: "end" })` in a list of rows with heights of their own, in
# Chromium. The reader turns the wheel upwards 60 ms later, and another time 600 ms later.
#
# A good guess: the list is where the reader scrolled to, both times. The jump is long over after 60 ms.
# Seen: after 60 ms the list is back at its end; after 600 ms it stays away. virtua jumps again after each change of heights until
# nothing has changed for 150 ms. The wheel brings new rows, their heights are measured, and it jumps. It has no call that ends this.
#
# A chat goes to its end whenever a message comes. In a busy conversation, a reader who wants to scroll back can't leave.
set -euo pipefail
export CHROMIUM
CHROMIUM=$(command -v chromium-headless-shell || command -v chromium || true)
[ -n "$CHROMIUM" ] || { echo "needs Debian's chromium" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit virtua@0.54.2 react@19.2.0 react-dom@19.2.0 playwright-core@1.65.1 >/dev/null 2>&1
cat > list.jsx <<'LIST'
import { createElement as h, useLayoutEffect, useRef } from "react";
import { createRoot } from "react-dom/client";
import { Virtualizer } from "virtua";

function List() {
  const list = useRef(null);
  globalThis.toEnd = () => list.current.scrollToIndex(499, { align: "end" });
  const rows = Array.from({ length: 500 }, (_, n) =>
    h("div", { key: n, style: { height: 40 + ((n * 37) % 90) } }, `message ${n}`),
  );
  return h("div", { id: "scroller", style: { height: 500, width: 400, overflowY: "auto" } }, h(Virtualizer, { ref: list }, rows));
}
createRoot(document.body.appendChild(document.createElement("main"))).render(h(List));
LIST
cat > watch.ts <<'WATCH'
import { chromium } from "playwright-core";
await Bun.build({ entrypoints: ["list.jsx"], outdir: ".", target: "browser", define: { "process.env.NODE_ENV": '"production"' } });
const code = await Bun.file("list.js").text();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
for (const ms of [60, 600]) {
  const page = await browser.newPage();
  await page.setContent("<!doctype html><body></body>");
  await page.addScriptTag({ content: code });
  await page.waitForTimeout(500);
  await page.mouse.move(200, 200);
  await page.evaluate("toEnd()");
  await page.waitForTimeout(ms);
  await page.mouse.wheel(0, -900);
  await page.waitForTimeout(1_500);
  const left = await page.evaluate("(({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop)(scroller)");
  console.log(`a wheel ${ms} ms after the jump: the list is ${left > 300 ? "where the reader scrolled to" : "back at its end"}`);
  await page.close();
}
await browser.close();
process.exit();
WATCH
npx -y --allow-scripts=bun bun@1.4.5 watch.ts | tee seen
diff seen - <<'SEEN'
a wheel 60 ms after the jump: the list is back at its end
a wheel 600 ms after the jump: the list is where the reader scrolled to
SEEN
