import type { Aside, AsideName } from "../base/open-aside.ts";

/** The asides, each in a chunk of its own. */
export const asides: Readonly<Record<AsideName, () => Promise<Aside>>> = {
  thread: async () => (await import("../threads/aside.tsx")).threadAside,
  pins: async () => (await import("../pins/list.tsx")).pinsAside,
  files: async () => (await import("../files/list.tsx")).filesAside,
  details: async () => (await import("../people/details.tsx")).detailsAside,
};
