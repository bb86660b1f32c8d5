import { effect } from "@preact/signals";
import { texts } from "../texts/texts.ts";
import { kept } from "./kept.ts";

export const THEMES = ["system", "light", "dark"] as const;
export const TEXT_SIZES = ["small", "normal", "large", "huge"] as const;
export const DIRECTIONS = ["auto", "ltr", "rtl"] as const;

export const theme = kept("theme", THEMES);
export const textSize = kept("text-size", TEXT_SIZES, "normal");
export const direction = kept("direction", DIRECTIONS);

/** `--ground-sunken` in sRGB, for the browser's own bars in light and dark. */
const BAR_COLOURS = { light: "#f4f3ef", dark: "#0d0e12" };

/** Applies the reader's preferences to the root of the page, now and after every change. */
export function applyPreferences() {
  const root = document.documentElement;
  effect(() => {
    if (theme.value === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = theme.value;
    for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
      const own = meta.media.includes("dark") ? "dark" : "light";
      meta.content = BAR_COLOURS[theme.value === "system" ? own : theme.value];
    }
  });
  effect(() => {
    root.dataset["text"] = textSize.value;
  });
  effect(() => {
    root.lang = texts.language;
    root.dir = direction.value === "auto" ? texts.direction : direction.value;
  });
}
