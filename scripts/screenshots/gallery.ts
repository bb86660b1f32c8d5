import { type Face, isPhone } from "./faces.ts";
import type { Picture } from "./shots.ts";

/** The views of release 0.1.0 in docs/images/before/, with what has changed since. */
const CHANGES: readonly (readonly [name: string, face: Face, change: string])[] = [
  [
    "text",
    "desktop-light",
    "A message shows what was typed: stars, numbers, backslashes and addresses stay as they are",
  ],
  ["text", "phone-light", "The same on a phone"],
  ["group", "desktop-light", "All rows have one shape, with the time in a column of its own"],
  ["details", "desktop-light", "The details stand beside the chat, which stays bright and usable"],
  ["reference", "desktop-light", "The API reference is one light page of the product"],
  ["not-found", "desktop-light", "An unknown address gets a page that says what to do"],
];

const LOOKS: Record<string, string> = {
  light: "light",
  dark: "dark",
  rtl: "right to left",
  large: "large text",
  forced: "forced colours",
};

/** The text of docs/images.md: all pictures with their text alternatives. */
export function gallery(pictures: readonly Picture[]): string {
  const parts = pictures.map(
    ({ name, alt, faces }) => `## ${alt}\n\n${faces.map((face) => image(name, face, alt)).join("\n")}\n`,
  );
  const changes = CHANGES.map(
    ([name, face, change]) =>
      `### ${change}\n\n${image(`before/${name}`, face, "Before")}\n${image(name, face, "After")}\n`,
  );
  return `# Pictures

Made by \`bun run screenshots\`; the people and their messages are invented. \`bun run screenshots --every FOLDER\` takes each view
in every look: light, dark, right to left, with large text and with forced colours, on a desktop and on a phone.

${parts.join("\n")}
## Before and after

Each pair shows a view in release 0.1.0 and now.

${changes.join("\n")}`;
}

function image(name: string, face: Face, alt: string): string {
  const [device, look = ""] = face.split("-");
  const width = isPhone(face) ? 260 : 640;
  return `<img src="images/${name}-${face}.png" width="${width}" alt="${alt} (${device}, ${LOOKS[look]})">`;
}
