import type { ComponentChildren } from "preact";
import { lowlight } from "./languages.ts";

type Node = ReturnType<typeof lowlight.highlight>["children"][number];

/** Code in a known language as coloured elements. Nothing becomes HTML. */
export const highlighted = (text: string, language: string): ComponentChildren =>
  lowlight.highlight(language, text).children.map(rendered);

function rendered(node: Node): ComponentChildren {
  if (node.type === "text") return node.value;
  if (node.type !== "element") return null;
  const names = node.properties["className"];
  return <span class={Array.isArray(names) ? names.join(" ") : undefined}>{node.children.map(rendered)}</span>;
}
