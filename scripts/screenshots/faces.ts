import type { BrowserContext, BrowserContextOptions } from "playwright-core";

const DEVICES = ["desktop", "phone"] as const;
/** Right to left, text of twice the size, and the forced colours of a system with high contrast. */
const LOOKS = ["light", "dark", "rtl", "large", "forced"] as const;

/** The screen and the look of a picture: `desktop-light` is 1280x800, `phone-dark` 390x844. */
export type Face = `${(typeof DEVICES)[number]}-${(typeof LOOKS)[number]}`;

/** Both screens in both themes, as the documents show them. */
export const FACES = ["desktop-light", "desktop-dark", "phone-light", "phone-dark"] as const satisfies readonly Face[];

/** Every screen with every look. All of them are still: the pages are asked to reduce motion. */
export const ALL_FACES: readonly Face[] = DEVICES.flatMap((device) =>
  LOOKS.map((look) => `${device}-${look}` as const),
);

export const isPhone = (face: Face) => face.startsWith("phone");

export function optionsOf(face: Face): BrowserContextOptions {
  const look: BrowserContextOptions = {
    colorScheme: face.endsWith("dark") ? "dark" : "light",
    forcedColors: face.endsWith("forced") ? "active" : "none",
    reducedMotion: "reduce",
  };
  return isPhone(face)
    ? { ...look, viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true }
    : { ...look, viewport: { width: 1280, height: 800 } };
}

/** Sets the looks that no option of a browser has. */
export async function prepareLook(context: BrowserContext, face: Face) {
  if (face.endsWith("rtl")) await context.addInitScript(`localStorage.setItem("confab.direction", "rtl")`);
  if (face.endsWith("large"))
    await context.addInitScript(
      `document.addEventListener("DOMContentLoaded", () => document.documentElement.style.setProperty("font-size", "200%"))`,
    );
}
