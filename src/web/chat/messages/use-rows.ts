import { useEffect, useState } from "preact/hooks";
import type { MessageView } from "../../../sdk/index.ts";

/** The input of the virtual list. */
export interface Rows {
  count: number;
  /** The last change of `count` was at the front, so the list keeps its distance from the end. */
  shift: boolean;
  /** A new number means a new list, without the old measurements. */
  generation: number;
}

/** Follows the messages of a view, which change in place. Another view makes another list. */
export function useRows(view: MessageView): Rows {
  const [known, setRows] = useState({ view, count: view.messages.length, shift: false, generation: 0 });
  const rows = known.view === view ? known : anew(known);
  function anew({ generation }: Rows) {
    return { view, count: view.messages.length, shift: false, generation: generation + 1 };
  }
  useEffect(() => {
    const follow = () =>
      setRows((known) =>
        known.view !== view
          ? anew(known)
          : known.count === view.messages.length
            ? known
            : { ...known, count: view.messages.length, shift: false },
      );
    follow();
    return view.on("change", ({ prepended, pruned, reset }) => {
      if (reset) return setRows(anew);
      if (prepended === pruned) return follow();
      setRows((known) => ({ ...known, count: Math.max(0, known.count + prepended - pruned), shift: true }));
      // Adds messages that came at the end meanwhile, after the list has made room at the front.
      requestAnimationFrame(follow);
    });
  }, [view]);
  return rows;
}
