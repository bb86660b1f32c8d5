import { useLayoutEffect, useReducer } from "preact/hooks";
import { threadsOf } from "../../../sdk/features/threads.ts";
import type { ThreadList } from "../../../sdk/index.ts";
import { useSession } from "../session/context.ts";

/** The threads that you follow. Renders the component again when they change. */
export function useThreads(): ThreadList {
  const { client } = useSession();
  const list = threadsOf(client);
  const [, changed] = useReducer((count: number) => count + 1, 0);
  useLayoutEffect(() => list.on(() => changed(undefined)), [list]);
  return list;
}
