import { useEffect, useRef, useState } from "preact/hooks";
import { filesIn } from "../../../sdk/features/conversation-files.ts";
import type { ConfabClient } from "../../../sdk/index.ts";
import { isVisual } from "../base/file-kinds.ts";
import type { ShownFile } from "../base/open-dialog.ts";

/** Nearer than this to an end, the pictures beyond it are loaded. */
const NEAR = 3;

/** A file may be in several messages. */
const keyOf = (shown: ShownFile | undefined) => `${shown?.seq} ${shown?.file.id}`;

/** The pictures of a conversation around one, as far as somebody has looked. */
export function useShown(client: ConfabClient, conversationId: string, first: readonly ShownFile[], fileId: string) {
  const [shown, setShown] = useState(first);
  const [current, setCurrent] = useState(() => keyOf(first.find(({ file }) => file.id === fileId) ?? first[0]));
  const ends = useRef({ older: first[0]?.seq !== undefined, newer: first[0]?.seq !== undefined, isLoading: false });
  const index = Math.max(
    0,
    shown.findIndex((one) => keyOf(one) === current),
  );

  async function extend(way: "older" | "newer", edge: number) {
    ends.current.isLoading = true;
    const range = way === "older" ? { before: edge } : { after: edge };
    const page = await filesIn(client, conversationId, { kinds: ["image", "video"], ...range }).catch(() => undefined);
    ends.current.isLoading = false;
    // Offline, the end stays as it is, until the next look.
    if (!page) return;
    ends.current[way] = page.next !== null;
    const visuals = page.files.filter(({ file }) => isVisual(file));
    const found = way === "older" ? visuals.toReversed() : visuals;
    setShown((before) => (way === "older" ? [...found, ...before] : [...before, ...found]));
  }

  useEffect(() => {
    const { older, newer, isLoading } = ends.current;
    const [oldest, newest] = [shown[0]?.seq, shown.at(-1)?.seq];
    if (isLoading) return;
    if (older && index < NEAR && oldest !== undefined) void extend("older", oldest);
    else if (newer && index >= shown.length - NEAR && newest !== undefined) void extend("newer", newest);
  }, [index, shown]);

  const go = (to: number) => {
    const found = shown[Math.min(Math.max(0, to), shown.length - 1)];
    if (found) setCurrent(keyOf(found));
  };
  return { shown, index, go };
}
