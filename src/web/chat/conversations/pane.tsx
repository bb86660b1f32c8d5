import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { moveFocus } from "./move-focus.ts";
import { useRowActions } from "./row-actions.ts";
import { rowAt } from "./row-at.ts";

export interface ConversationPaneProps {
  pane: { current: HTMLDivElement | null };
  /** Draws the rows. Gets the address of the row that has the focus. */
  children: (focused: string | null) => ComponentChildren;
}

/** Scrolls rows of conversations. Arrow keys move between them, and each has a menu. */
export function ConversationPane({ pane, children }: ConversationPaneProps) {
  const [focused, setFocused] = useState<string | null>(null);
  const { onMenuKey, ...rowActions } = useRowActions(pane);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys between the links inside
    <div
      ref={pane}
      class="conversations-pane"
      tabIndex={-1}
      // The button of a row belongs to its link.
      onFocusIn={({ target }) => setFocused(rowAt(target)?.row.querySelector("a")?.getAttribute("href") ?? null)}
      {...rowActions}
      onKeyDown={(event) => {
        if (onMenuKey(event)) return;
        const to = { ArrowDown: "next", ArrowUp: "previous", Home: "first", End: "last" } as const;
        const direction = to[event.key as keyof typeof to];
        if (direction && moveFocus(pane.current, direction)) event.preventDefault();
      }}
    >
      {children(focused)}
    </div>
  );
}
