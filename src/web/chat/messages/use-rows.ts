import { useEffect, useState } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";

/** The input of the virtual list. */
export interface Rows {
  count: number;
  /** The last change of `count` was at the front, so the list keeps its distance from the end. */
  shift: boolean;
  /** A new number means a new list, without the old measurements. */
  generation: number;
}

/** Follows `conversation.messages`, which changes in place. */
export function useRows(conversation: Conversation): Rows {
  const [rows, setRows] = useState<Rows>(() => ({ count: conversation.messages.length, shift: false, generation: 0 }));
  useEffect(() => {
    const follow = () =>
      setRows((known) =>
        known.count === conversation.messages.length
          ? known
          : { ...known, count: conversation.messages.length, shift: false },
      );
    follow();
    return conversation.on("change", ({ prepended, pruned, reset }) => {
      if (reset)
        return setRows((known) => ({
          count: conversation.messages.length,
          shift: false,
          generation: known.generation + 1,
        }));
      if (prepended === pruned) return follow();
      setRows((known) => ({ ...known, count: Math.max(0, known.count + prepended - pruned), shift: true }));
      // Adds messages that came at the end meanwhile, after the list has made room at the front.
      requestAnimationFrame(follow);
    });
  }, [conversation]);
  return rows;
}
