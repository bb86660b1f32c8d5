import { effect } from "@preact/signals";
import { texts } from "../texts/texts.ts";
import { kept } from "./kept.ts";

export const THEMES = ["system", "light", "dark"] as const;
export const TEXT_SIZES = ["small", "normal", "large", "huge"] as const;
export const DIRECTIONS = ["auto", "ltr", "rtl"] as const;

export const LAYOUTS = ["comfortable", "compact"] as const;

export const theme = kept("theme", THEMES);
export const textSize = kept("text-size", TEXT_SIZES, "normal");
export const direction = kept("direction", DIRECTIONS);
/** How messages stand: with pictures and room, or in dense lines. */
export const layout = kept("layout", LAYOUTS);

/** The colours of the browser's own bars in light and dark, as the server has put them into the page. */
const bars = [...document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')].map((meta) => ({
  meta,
  of: meta.media.includes("dark") ? "dark" : "light",
  color: meta.content,
}));

/** Applies the reader's preferences to the root of the page, now and after every change. */
export function applyPreferences() {
  const root = document.documentElement;
  effect(() => {
    if (theme.value === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = theme.value;
    for (const { meta, of } of bars) {
      const shown = theme.value === "system" ? of : theme.value;
      meta.content = bars.find((bar) => bar.of === shown)?.color ?? "";
    }
  });
  effect(() => {
    root.dataset["text"] = textSize.value;
  });
  effect(() => {
    root.dataset["layout"] = layout.value;
  });
  effect(() => {
    root.lang = texts.language;
    root.dir = direction.value === "auto" ? texts.direction : direction.value;
  });
}
