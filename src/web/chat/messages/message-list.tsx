import { useCallback, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { ChatMessage, Conversation } from "../../../sdk/index.ts";
import { Icon } from "../../design/icon.tsx";
import { texts } from "../../texts/texts.ts";
import { later } from "../base/later.tsx";
import { visit } from "../base/routing.ts";
import { useSession } from "../session/context.ts";
import { Beginning } from "./beginning.tsx";
import { DayPill } from "./day-pill.tsx";
import { focusComposer, touches } from "./focus.ts";
import { MessageLayers } from "./message-layers.tsx";
import { MessageRow } from "./message-row.tsx";
import { NoticeLines } from "./notice-lines.tsx";
import { NO_NOTICES, noticesBetween } from "./notices.ts";
import { receiptOf } from "./receipt.tsx";
import { placeOf } from "./timeline.ts";
import { useEditedInSight } from "./use-edited-in-sight.ts";
import { useFollowing } from "./use-following.ts";
import { useMissed } from "./use-missed.ts";
import { useNotices } from "./use-notices.ts";
import { useOwnMoves } from "./use-own-moves.ts";
import { usePages } from "./use-pages.ts";
import { usePlacing } from "./use-placing.ts";
import { useReading } from "./use-reading.ts";
import { useRoving } from "./use-roving.ts";
import { useRows } from "./use-rows.ts";
import type { Shown } from "./use-view.ts";

const LoadingState = later(async () => (await import("./loading-state.tsx")).LoadingState);
const BackButton = later(async () => (await import("./back-button.tsx")).BackButton);
const MissedBar = later(async () => (await import("./missed-bar.tsx")).MissedBar);

const NextMention = later(async () => (await import("./mentions/next.tsx")).NextMention);

/** Pixels from the end. Farther away, the button back to the end appears. */
const AWAY = 240;

export interface MessageListProps {
  conversation: Conversation;
  /** The messages that the list shows, and the one that comes into view. */
  shown: Shown;
  title: string;
  /** The key of the edited message. */
  editing: string | undefined;
  onEdit: (message: ChatMessage) => void;
}

export function MessageList({ conversation, shown, title, editing, onEdit }: MessageListProps) {
  const { client, me } = useSession();
  const { view } = shown;
  const { messages } = view;
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const rows = useRows(view);
  const pages = usePages(view, list);
  const [isAway, setAway] = useState(false);
  const following = useFollowing(view, list);
  const { toEnd, stick, leave } = following;
  const notices = useNotices(conversation);
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const reading = useReading(conversation, view, following);
  const roving = useRoving(view, scroller, list, shown.toNewest);
  const edit = useRef(onEdit);
  edit.current = onEdit;
  const actions = useMemo(
    () => ({ client, conversation, edit: (message: ChatMessage) => edit.current(message) }),
    [conversation],
  );
  const moves = useOwnMoves(scroller, shown.moves);
  const goToEnd = () => {
    moves.note();
    if (view.hasNewer) shown.toNewest();
    else toEnd();
  };
  const missed = useMissed(conversation, reading, scroller, shown);
  const linked = usePlacing(conversation, shown, rows, list, { following, reading, roving, moves });

  // Your own message always comes into view. Messages of others move nothing, unless you are at the end.
  const newest = conversation.messages.at(-1);
  // One that has waited since an earlier visit does not: the list stays where it has opened.
  const isNew = newest?.state === "pending" && Date.parse(newest.created_at) >= shown.since;
  const sending = isNew ? newest.key : undefined;
  useLayoutEffect(() => (sending === undefined ? undefined : goToEnd()), [sending]);
  useLayoutEffect(stick, [rows.count, conversation.revision, notices.length]);
  useEditedInSight(view, editing, list, following, moves.count);

  const onScroll = (offset: number) => {
    following.onScroll(offset);
    setAway(following.left() > AWAY && !following.isFollowing());
    reading.look();
    pages.look();
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
  // A feed without an article is a fault to screen readers.
  const role =
    messages.length > 0 &&
    ({
      role: "feed",
      "aria-busy": pages.state === "loading",
      "aria-label": isGroup ? feed.labelOfGroup(title) : feed.label(title),
    } as const);
  const newCount = reading.newSince();
  // An unsent message may be in the list before anything was loaded.
  const isWhole = !view.hasOlder && (conversation.state === "live" || messages[0]?.state === "sent");
  return (
    <div class="messages">
      <div class="messages-top">
        {missed.bar && <MissedBar {...missed.bar} />}
        {visit.value && history.state?.isQuoted === true && <BackButton />}
        <DayPill messages={messages} scroller={scroller} list={list} isFollowing={following.isFollowing} />
        {missed.isIdle && (shown.pending || pages.state !== "idle") && <LoadingState shown={shown} pages={pages} />}
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
        <div {...role}>
          <Virtualizer
            key={rows.generation}
            ref={list}
            scrollRef={scroller}
            data={{ length: rows.count }}
            shift={rows.shift}
            bufferSize={600}
            keepMounted={roving.keepMounted()}
            onScroll={onScroll}
            onScrollEnd={() => pages.look()}
            onResize={onResize}
          >
            {(_: unknown, index: number) => {
              const message = messages[index];
              if (!message) return <div key={index} />;
              const place = placeOf(messages, index, reading.unread?.afterSeq, notices);
              const isFirst = index === 0 && isWhole;
              const isEnd = index === messages.length - 1;
              return (
                <MessageRow
                  key={message.key}
                  message={message}
                  {...place}
                  unreadCount={place.startsUnread ? (reading.unread?.count ?? 0) : 0}
                  beginning={isFirst ? beginning : undefined}
                  noticesAbove={isFirst ? noticesBetween(notices, undefined, message) : NO_NOTICES}
                  noticesBelow={
                    isEnd && view.hasNewer ? NO_NOTICES : noticesBetween(notices, message, messages[index + 1])
                  }
                  isOwn={message.sender_id === me.value?.id}
                  isLast={isEnd}
                  isActive={roving.isActive(message.key, isEnd)}
                  isEdited={message.key === editing}
                  isExpanded={expanded.has(message.key)}
                  isLinked={message.seq !== undefined && message.seq === linked}
                  receipt={view.hasNewer ? undefined : receiptOf(conversation, index, me.value?.id)}
                  actions={actions}
                  onToggle={toggle}
                />
              );
            }}
          </Virtualizer>
        </div>
      </div>
      <MessageLayers conversation={conversation} view={view} scroller={scroller} actions={actions} />
      {conversation.mentions > 0 && <NextMention conversation={conversation} />}
      {(isAway || view.hasNewer || newCount > 0) && (
        <button
          type="button"
          class={newCount > 0 ? "jump jump-new" : "jump"}
          aria-label={newCount > 0 ? feed.jumpNew(newCount) : feed.jump}
          onClick={() => {
            goToEnd();
            // The button disappears with the press.
            if (!touches.matches) focusComposer(scroller.current);
          }}
        >
          <Icon name="arrow-down" />
          {newCount > 0 && <bdi>{feed.newMessages(newCount)}</bdi>}
        </button>
      )}
    </div>
  );
}
