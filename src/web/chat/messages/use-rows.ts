import { useEffect, useState } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";

/** What the virtual list is told of a conversation's messages. */
export interface Rows {
  count: number;
  /** The last change of `count` was in front, where some came or were taken: the list keeps its position from the end. */
  shift: boolean;
  /** Another one is another list: nothing that was measured holds. */
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
      // Those that came at the end meanwhile: after the list has made room in front.
      requestAnimationFrame(follow);
    });
  }, [conversation]);
  return rows;
}
