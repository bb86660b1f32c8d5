import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { Button } from "../../design/button.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { texts } from "../../texts/texts.ts";
import { addressOf } from "../base/conversation-title.ts";
import { startConversation } from "../base/open-dialog.ts";
import { openId } from "../base/routing.ts";
import { useIsAlone } from "../people/alone.ts";
import { Invite } from "../people/invite.tsx";
import { RequestSection } from "../requests/section.tsx";
import { useSession } from "../session/context.ts";
import { moveFocus } from "./move-focus.ts";
import { ConversationRow } from "./row.tsx";
import { SearchField } from "./search-field.tsx";
import { SearchResults } from "./search-results.tsx";

/** More conversations load when fewer screens than this are left below. */
const SCREENS = 2;

/** All conversations, newest first, with a search over conversations and people. */
export function ConversationList() {
  const [search, setSearch] = useState("");
  const [focused, setFocused] = useState<string | null>(null);
  const pane = useRef<HTMLDivElement>(null);
  return (
    <div class="conversations">
      <SearchField value={search} onChange={setSearch} onLeave={() => moveFocus(pane.current, "first")} />
      {search.trim() === "" && <RequestSection />}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrow keys between the links inside */}
      <div
        ref={pane}
        class="conversations-pane"
        tabIndex={-1}
        onFocusIn={({ target }) => setFocused(target instanceof Element ? target.getAttribute("href") : null)}
        onKeyDown={(event) => {
          const to = { ArrowDown: "next", ArrowUp: "previous", Home: "first", End: "last" } as const;
          const direction = to[event.key as keyof typeof to];
          if (direction && moveFocus(pane.current, direction)) event.preventDefault();
        }}
      >
        {search.trim() === "" ? (
          <AllConversations pane={pane} focused={focused} />
        ) : (
          <SearchResults search={search.trim()} onDone={() => setSearch("")} />
        )}
      </div>
    </div>
  );
}

interface AllConversationsProps {
  pane: { current: HTMLDivElement | null };
  /** The address of the row that has the focus. */
  focused: string | null;
}

function AllConversations({ pane, focused }: AllConversationsProps) {
  const { client } = useSession();
  const [, changed] = useReducer((count: number) => count + 1, 0);
  // Before the next frame: an event that comes in between would be missed, and the list would stay as it was drawn.
  useLayoutEffect(() => client.on("conversations", () => changed(undefined)), []);
  const list = useRef<VirtualizerHandle>(null);
  const isLoading = useRef(false);
  const { items, hasMore, isLoaded } = client.conversations;

  const look = async () => {
    const handle = list.current;
    if (!handle || isLoading.current || !client.conversations.hasMore) return;
    if (handle.scrollOffset + (1 + SCREENS) * handle.viewportSize < handle.scrollSize) return;
    isLoading.current = true;
    await client.conversations.loadMore();
    isLoading.current = false;
  };
  useEffect(() => void look(), [items.length, hasMore]);

  if (!isLoaded && items.length === 0)
    return (
      <div class="conversations-loading">
        <Skeleton lines={8} />
      </div>
    );
  if (items.length === 0) return <Nobody />;
  const focusedAt = items.findIndex((conversation) => addressOf(conversation) === focused);
  return (
    <Virtualizer
      ref={list}
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

function Nobody() {
  const { empty, emptyHint } = texts.conversations;
  const isAlone = useIsAlone();
  return (
    <div class="conversations-empty">
      <p class="conversations-empty-title">{empty}</p>
      {isAlone ? (
        // On a wide screen the invite is beside the list.
        <div class="narrow-invite">
          <Invite />
        </div>
      ) : (
        <p>{emptyHint}</p>
      )}
      <Button kind="primary" icon="compose" onClick={startConversation}>
        {texts.shell.newConversation}
      </Button>
    </div>
  );
}
