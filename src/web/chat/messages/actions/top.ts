import type { MenuTop } from "../menu-top.ts";
import { canReact } from "./table.ts";

/** The rows above the menu of a message. */
export const menuTops: readonly MenuTop[] = [
  { id: "react", when: canReact, load: async () => (await import("../reactions/quick.tsx")).QuickRow },
];
