import { useCallback, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { ChatMessage, Conversation } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { Spinner } from "../../design/spinner.tsx";
import { texts } from "../../texts/texts.ts";
import { useSession } from "../session/context.ts";
import { Beginning } from "./beginning.tsx";
import { focusComposer, touches } from "./focus.ts";
import { MessageRow } from "./message-row.tsx";
import { MissedBar } from "./missed-bar.tsx";
import { NoticeLines } from "./notice-lines.tsx";
import { NO_NOTICES, noticesBetween } from "./notices.ts";
import { receiptOf } from "./receipt.tsx";
import { placeOf } from "./timeline.ts";
import { useFollowing } from "./use-following.ts";
import { useMessageActions } from "./use-message-actions.ts";
import { useMissed } from "./use-missed.ts";
import { useNotices } from "./use-notices.ts";
import { useOlder } from "./use-older.ts";
import { useOwnMoves } from "./use-own-moves.ts";
import { useReading } from "./use-reading.ts";
import { useRoving } from "./use-roving.ts";
import { useRows } from "./use-rows.ts";

/** Pixels from the end. Farther away, the button back to the end appears. */
const AWAY = 240;

export interface MessageListProps {
  conversation: Conversation;
  title: string;
  /** The key of the edited message. */
  editing: string | undefined;
  onEdit: (message: ChatMessage) => void;
}

export function MessageList({ conversation, title, editing, onEdit }: MessageListProps) {
  const { me } = useSession();
  const { messages } = conversation;
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const rows = useRows(conversation);
  const older = useOlder(conversation, list);
  const [isAway, setAway] = useState(false);
  const following = useFollowing(conversation, list);
  const { toEnd, stick, leave } = following;
  const notices = useNotices(conversation);
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const reading = useReading(conversation, following);
  const roving = useRoving(conversation, scroller, list);
  const actions = useMessageActions(conversation, onEdit);
  const moves = useOwnMoves(scroller);
  const goToEnd = () => {
    moves.note();
    toEnd();
  };

  const showFirst = (index: number) => {
    leave();
    list.current?.scrollToIndex(index, { align: "start", offset: -72 });
  };
  const missed = useMissed(conversation, reading, scroller, moves.count, (index, isWriting) => {
    showFirst(index);
    if (!isWriting) roving.focus(index);
  });

  // A conversation opens at its end, or at its first new message. A reader who has already moved stays in place.
  const generation = useRef(rows.generation);
  const movesAtFirst = useRef<number | undefined>(undefined);
  useLayoutEffect(() => {
    const isAnew = generation.current !== rows.generation;
    generation.current = rows.generation;
    if (!isAnew && !following.isFollowing() && movesAtFirst.current !== moves.count()) return;
    const first = reading.unread && conversation.indexOf(reading.unread.afterSeq + 1);
    if (first === undefined || first < 0) return toEnd();
    // The first place may be wrong: kept data may count messages as new that were read since.
    movesAtFirst.current = moves.count();
    showFirst(first);
  }, [conversation, rows.generation, reading.isSettled]);

  // Your own message always comes into view. Messages of others move nothing, unless you are at the end.
  const newest = messages.at(-1);
  const sending = newest?.state === "pending" ? newest.key : undefined;
  useLayoutEffect(() => (sending === undefined ? undefined : goToEnd()), [sending]);
  useLayoutEffect(stick, [rows.count, conversation.revision, notices.length]);

  const onScroll = (offset: number) => {
    following.onScroll(offset);
    setAway(following.left() > AWAY && !following.isFollowing());
    reading.look();
    older.look();
  };
  const onResize = () => {
    stick();
    reading.look();
  };

  const toggle = useCallback((key: string) => {
    leave();
    setExpanded((keys) => {
      const toggled = new Set(keys);
      if (!toggled.delete(key)) toggled.add(key);
      return toggled;
    });
  }, []);

  const { feed } = texts.messages;
  const isGroup = conversation.info?.is_group ?? false;
  const beginning = useMemo(
    () => <Beginning conversation={conversation} title={title} />,
    [conversation, title, isGroup],
  );
  const newCount = reading.newSince();
  // An unsent message may be in the list before anything was loaded.
  const isWhole = !conversation.hasOlder && (conversation.state === "live" || messages[0]?.state === "sent");
  return (
    <div class="messages">
      <div class="messages-top">
        {missed.bar && <MissedBar {...missed.bar} />}
        {older.state !== "idle" && missed.isIdle && (
          <OlderState failed={older.state === "failed"} onRetry={older.retry} />
        )}
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrow keys between the messages inside */}
      <div
        ref={scroller}
        class="messages-scroller"
        tabIndex={messages.length === 0 ? 0 : -1}
        onWheel={following.onWheel}
        onFocusIn={roving.onFocusIn}
        onKeyDown={(event) => roving.onKeyDown(event, actions)}
      >
        {messages.length === 0 && (
          <>
            <Beginning conversation={conversation} title={title} />
            <NoticeLines notices={notices} />
          </>
        )}
        <div class="messages-space" />
        <div
          role="feed"
          aria-busy={older.state === "loading"}
          aria-label={isGroup ? feed.labelOfGroup(title) : feed.label(title)}
        >
          <Virtualizer
            key={rows.generation}
            ref={list}
            scrollRef={scroller}
            data={{ length: rows.count }}
            shift={rows.shift}
            bufferSize={600}
            keepMounted={roving.keepMounted()}
            onScroll={onScroll}
            onScrollEnd={() => older.look()}
            onResize={onResize}
          >
            {(_: unknown, index: number) => {
              const message = messages[index];
              if (!message) return <div key={index} />;
              const place = placeOf(messages, index, reading.unread?.afterSeq, notices);
              const isFirst = index === 0 && isWhole;
              return (
                <MessageRow
                  key={message.key}
                  message={message}
                  {...place}
                  unreadCount={place.startsUnread ? (reading.unread?.count ?? 0) : 0}
                  beginning={isFirst ? beginning : undefined}
                  noticesAbove={isFirst ? noticesBetween(notices, undefined, message) : NO_NOTICES}
                  noticesBelow={noticesBetween(notices, message, messages[index + 1])}
                  isOwn={message.sender_id === me.value?.id}
                  isGroup={isGroup}
                  isLast={index === messages.length - 1}
                  isActive={roving.isActive(message.key, index === messages.length - 1)}
                  isEdited={message.key === editing}
                  isExpanded={expanded.has(message.key)}
                  receipt={receiptOf(conversation, index, me.value?.id)}
                  actions={actions}
                  onToggle={toggle}
                />
              );
            }}
          </Virtualizer>
        </div>
      </div>
      {(isAway || newCount > 0) && (
        <button
          type="button"
          class={newCount > 0 ? "jump jump-new" : "jump"}
          aria-label={newCount > 0 ? feed.jumpNew(newCount) : feed.jump}
          onClick={() => {
            goToEnd();
            // The button disappears with the press.
            if (!touches.matches) focusComposer();
          }}
        >
          <Icon name="arrow-down" />
          {newCount > 0 && <bdi>{feed.newMessages(newCount)}</bdi>}
        </button>
      )}
    </div>
  );
}

function OlderState({ failed, onRetry }: { failed: boolean; onRetry: () => void }) {
  const { loadingOlder, olderFailed } = texts.messages.feed;
  return (
    <div class="messages-older" role="status">
      {failed ? (
        <>
          <span>{olderFailed}</span>
          <Button kind="quiet" onClick={onRetry}>
            {texts.design.tryAgain}
          </Button>
        </>
      ) : (
        <>
          <Spinner />
          <span>{loadingOlder}</span>
        </>
      )}
    </div>
  );
}
