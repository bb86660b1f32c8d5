import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef } from "preact/hooks";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { ConversationPages } from "../../../sdk/index.ts";
import { isFocusLost } from "../../design/lost-focus.ts";
import { Skeleton } from "../../design/spinner.tsx";
import { addressOf } from "../base/conversation-title.ts";
import { openId } from "../base/routing.ts";
import { useSession } from "../session/context.ts";
import { ConversationRow } from "./row.tsx";

/** More conversations load when fewer screens than this are left below. */
const SCREENS = 2;

export interface ConversationRowsProps {
  list: ConversationPages;
  pane: { current: HTMLDivElement | null };
  /** The address of the row that has the focus. */
  focused: string | null;
  /** Shown when the list is empty. */
  children: ComponentChildren;
}

/** The rows of a list, which load as somebody scrolls. */
export function ConversationRows({ list, pane, focused, children }: ConversationRowsProps) {
  const { client } = useSession();
  const [, changed] = useReducer((count: number) => count + 1, 0);
  // Before the next frame: an event that comes in between would be missed, and the list would stay as it was drawn.
  useLayoutEffect(() => client.on("conversations", () => changed(undefined)), []);
  const rows = useRef<VirtualizerHandle>(null);
  const isLoading = useRef(false);
  const { items, hasMore, isLoaded } = list;

  const look = async () => {
    const handle = rows.current;
    if (!handle || isLoading.current || !list.hasMore) return;
    if (handle.scrollOffset + (1 + SCREENS) * handle.viewportSize < handle.scrollSize) return;
    isLoading.current = true;
    await list.loadMore();
    isLoading.current = false;
  };
  useEffect(() => void look(), [items.length, hasMore]);

  const focusedAt = items.findIndex((conversation) => addressOf(conversation) === focused);
  const wasAt = useRef(-1);
  // A row that has the focus may leave the list, as when it is archived. The next one takes the focus.
  useLayoutEffect(() => {
    const next = items[Math.min(wasAt.current, items.length - 1)];
    const isGone = wasAt.current >= 0 && focusedAt < 0 && focused !== null;
    wasAt.current = focusedAt;
    if (!isGone || !isFocusLost()) return;
    const link = next && pane.current?.querySelector<HTMLElement>(`a[href="${addressOf(next)}"]`);
    (link ?? pane.current)?.focus({ preventScroll: true });
  }, [items, focused]);

  if (!isLoaded && items.length === 0)
    return (
      <div class="conversations-loading">
        <Skeleton lines={8} />
      </div>
    );
  if (items.length === 0) return <>{children}</>;
  return (
    <Virtualizer
      ref={rows}
      as="ul"
      item="li"
      scrollRef={pane}
      data={items}
      itemSize={64}
      // The focused row stays in the page wherever it is. Otherwise the focus would be lost.
      keepMounted={focusedAt < 0 ? [] : [focusedAt]}
      onScroll={() => void look()}
    >
      {(conversation) => (
        <ConversationRow key={conversation.id} conversation={conversation} isOpen={conversation.id === openId.value} />
      )}
    </Virtualizer>
  );
}
