import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { barColors, HEX, hexOf, tintOf, tintStyle, VIVID } from "../../src/web/colour.ts";

const CSS = readFileSync("src/web/design/tokens.css", "utf8");
const GROUNDS = ["ground", "ground-sunken", "ground-raised", "ground-hover", "ground-chosen"];
const HUES = Array.from({ length: 360 }, (_, hue) => hue);
const CHROMAS = [0, 0.5, 1, 1.3, VIVID];

/** The pairs that the comment at the top of tokens.css promises, and the least contrast of each. */
const PROMISES: [text: string, grounds: string[], least: number][] = [
  ["ink", [...GROUNDS, "accent-soft"], 7],
  ["ink-soft", [...GROUNDS, "accent-soft"], 4.5],
  ["accent", [...GROUNDS, "accent-soft"], 4.5],
  ["accent-strong", [...GROUNDS, "accent-soft"], 4.5],
  ["accent-ink", ["accent", "accent-strong"], 4.5],
  ["line-strong", ["ground", "ground-raised"], 3],
];

/** The two colours of a token, for light and dark, as functions of the server's hue and chroma. */
function token(name: string) {
  const value = new RegExp(`--${name}: light-dark\\(([\\s\\S]*?)\\);`).exec(CSS)?.[1] ?? "";
  const colors = [
    ...value.matchAll(/oklch\(([\d.]+)% (?:calc\(([\d.]+) \* var\(--server-chroma\)\)|([\d.]+)) (\S+)\)/g),
  ];
  if (colors.length !== 2) throw new Error(`--${name} is not a pair of colours: ${value}`);
  return colors.map(([, lightness, factor, fixed, hue = ""]) => (serverHue: number, serverChroma: number) => {
    const chroma = factor === undefined ? Number(fixed) : Number(factor) * serverChroma;
    return hexOf(Number(lightness) / 100, chroma, hue.startsWith("var(--server-hue)") ? serverHue : Number(hue));
  });
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

test("the contrast of WCAG is 21 between black and white", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
  expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
});

test.each(PROMISES)("%s is easy to read on %p for every hue, in light and dark", (text, grounds, least) => {
  const low: string[] = [];
  for (const ground of grounds)
    for (const theme of [0, 1])
      for (const hue of HUES)
        for (const chroma of CHROMAS) {
          const [one, other] = [token(text)[theme]?.(hue, chroma) ?? "", token(ground)[theme]?.(hue, chroma) ?? ""];
          const found = contrast(one, other);
          if (!(found >= least)) low.push(`${ground} ${["light", "dark"][theme]} hue ${hue} × ${chroma}: ${found}`);
        }
  expect(low).toEqual([]);
});

test("a colour keeps its hue, greys have none, and no factor is above the most", () => {
  for (const [hex, hue, chroma] of [
    ["#ff0000", 29, VIVID],
    ["#00ff00", 142, VIVID],
    ["#0000ff", 264, VIVID],
    ["#0f766e", 186, 1],
    ["#808080", undefined, 0],
    ["#000000", undefined, 0],
    ["#ffffff", undefined, 0],
    ["#FFD7D7", 18, 0.9],
  ] as const) {
    const tint = tintOf(hex);
    expect([hex, tint.chroma]).toEqual([hex, chroma]);
    if (hue !== undefined) expect([hex, tint.hue]).toEqual([hex, hue]);
  }
  // Every corner of the cube of colours is a hue that CSS takes.
  for (let n = 0; n < 4096; n++) {
    const { hue, chroma } = tintOf(
      `#${[n >> 8, (n >> 4) & 15, n & 15].map((part) => part.toString(16).repeat(2)).join("")}`,
    );
    expect(Number.isInteger(hue) && hue >= 0 && hue < 360 && chroma >= 0 && chroma <= VIVID).toBe(true);
  }
});

test("without a colour a page has the default of the tokens and no style", () => {
  const { hue, chroma } = tintOf(null);
  expect(CSS).toContain(`--server-hue: ${hue};`);
  expect(CSS).toContain(`--server-chroma: ${chroma};`);
  expect(tintStyle(null)).toBe("");
  // The browser's bars go on as the ground beneath them.
  const [light, dark] = token("ground-sunken").map((at) => at(0, 1));
  expect(barColors(null)).toEqual({ light: light ?? "", dark: dark ?? "" });
});

test("the style of a colour consists of two numbers", () => {
  expect(tintStyle("#be185d")).toMatch(/^html:root\{--server-hue:\d{1,3};--server-chroma:[\d.]{1,4}\}$/);
  for (const bar of Object.values(barColors("#be185d"))) expect(bar).toMatch(HEX);
});
