import { useEffect } from "preact/hooks";
import type { Conversation } from "../../../../sdk/index.ts";

/** Shows what has changed in an open conversation since its reader last looked. */
export function useLooking(conversation: Conversation) {
  useEffect(() => {
    let end: (() => void) | undefined;
    let isOver = false;
    import("./looking.ts").then(
      ({ lookAt }) => {
        if (!isOver) end = lookAt(conversation);
      },
      // The marks are a help, not more. The next conversation tries again.
      () => {},
    );
    return () => {
      isOver = true;
      end?.();
    };
  }, [conversation]);
}
