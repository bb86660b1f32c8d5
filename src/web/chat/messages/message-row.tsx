import type { ComponentChildren } from "preact";
import { memo } from "preact/compat";
import type { ChatMessage } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Icon } from "../../design/icon.tsx";
import { Menu } from "../../design/menu.tsx";
import { texts } from "../../texts/texts.ts";
import { Failure } from "./failure.tsx";
import { FoldedText } from "./folded-text.tsx";
import { NoticeLines } from "./notice-lines.tsx";
import type { Notice } from "./notices.ts";
import { isDeleted, previewOf } from "./preview.ts";
import { type Receipt, ReceiptLine } from "./receipt.tsx";
import type { Place } from "./timeline.ts";
import { clockTime, dayLabel, fullTime } from "./times.ts";
import { useLongPress } from "./use-long-press.ts";
import { hasFailed, type MessageActions } from "./use-message-actions.ts";

export interface MessageRowProps extends Place {
  message: ChatMessage;
  /** The number in the line above the first unread message. */
  unreadCount: number;
  /** Stands above the first message of all. */
  beginning: ComponentChildren;
  /** Notices above this message, if no message before it can show them below. */
  noticesAbove: readonly Notice[];
  noticesBelow: readonly Notice[];
  isOwn: boolean;
  isGroup: boolean;
  isLast: boolean;
  /** Tab reaches this message. */
  isActive: boolean;
  isExpanded: boolean;
  /** The text field holds its text. */
  isEdited: boolean;
  receipt: Receipt | undefined;
  actions: MessageActions;
  onToggle: (key: string) => void;
}

export const MessageRow = memo(Row, sameProps);

function Row(props: MessageRowProps) {
  const { message, isOwn, isGroup, startsGroup, actions } = props;
  const { feed } = texts.messages;
  const longPress = useLongPress();
  const deleted = isDeleted(message);
  const named = isGroup && !isOwn && startsGroup;
  return (
    <div class="message-place">
      {props.beginning}
      <NoticeLines notices={props.noticesAbove} />
      {props.startsDay && <DayLine time={message.created_at} />}
      {props.startsUnread && (
        <p class="unread-line">
          <bdi>{feed.newMessages(props.unreadCount)}</bdi>
        </p>
      )}
      <article
        class={classesOf(props, deleted)}
        data-key={message.key}
        tabIndex={props.isActive ? 0 : -1}
        aria-label={`${feed.label1(isOwn ? feed.you : message.sender_name, fullTime(message.created_at))}: ${previewOf(message)}`}
        {...longPress}
      >
        {isGroup && !isOwn && (
          <div class="message-avatar">
            {startsGroup && <Avatar name={message.sender_name} id={message.sender_id} size="s" />}
          </div>
        )}
        <div class="message-body">
          {named && (
            <p class="message-sender">
              <bdi class="clip">{message.sender_name}</bdi>
            </p>
          )}
          <div class="message-line">
            <div class="bubble">
              {deleted ? (
                <p class="tombstone">{feed.deleted}</p>
              ) : (
                <FoldedText
                  text={message.content}
                  isExpanded={props.isExpanded}
                  onToggle={() => props.onToggle(message.key)}
                />
              )}
            </div>
            <Meta message={message} deleted={deleted} />
            {!deleted && <Toolbar message={message} actions={actions} isActive={props.isActive} />}
          </div>
          {hasFailed(message) && <Failure message={message} actions={actions} />}
          {props.receipt && <ReceiptLine {...props.receipt} />}
        </div>
      </article>
      <NoticeLines notices={props.noticesBelow} />
    </div>
  );
}

/** A component of its own: it renders again at midnight, and the memoized row does not. */
const DayLine = ({ time }: { time: string }) => (
  <p class="day">
    <bdi>{dayLabel(time)}</bdi>
  </p>
);

function Meta({ message, deleted }: { message: ChatMessage; deleted: boolean }) {
  const { feed } = texts.messages;
  const pending = message.state === "pending" || (message.state === "sent" && message.change?.state === "pending");
  return (
    <span class="message-meta">
      {message.state === "sent" && message.edited_at !== undefined && !deleted && (
        <span class="message-edited" title={fullTime(message.edited_at)}>
          {feed.edited}
        </span>
      )}
      <time dateTime={message.created_at} title={fullTime(message.created_at)}>
        {clockTime(message.created_at)}
      </time>
      {pending && (
        <span class="message-clock" title={feed.pending}>
          <Icon name="clock" />
          <span class="visually-hidden">{feed.pending}</span>
        </span>
      )}
    </span>
  );
}

function Toolbar({ message, actions, isActive }: { message: ChatMessage; actions: MessageActions; isActive: boolean }) {
  const items = actions.of(message);
  return (
    <div class="message-toolbar">
      <Menu
        class="message-more"
        icon="more"
        label={texts.messages.actions.more}
        items={items}
        tabIndex={isActive ? 0 : -1}
      />
    </div>
  );
}

function classesOf(
  { message, isOwn, startsGroup, endsGroup, isLast, isEdited }: MessageRowProps,
  deleted: boolean,
): string {
  const names = ["message"];
  if (isOwn) names.push("message-own");
  if (startsGroup) names.push("message-starts");
  if (endsGroup) names.push("message-ends");
  if (isLast) names.push("message-last");
  if (deleted) names.push("message-deleted");
  if (isEdited) names.push("message-editing");
  if (message.state !== "sent") names.push(`message-${message.state}`);
  if (message.state === "sent" && message.change?.kind === "delete" && message.change.state === "pending")
    names.push("message-leaving");
  return names.join(" ");
}

/** A row renders again only when its content has changed. */
function sameProps(before: MessageRowProps, after: MessageRowProps): boolean {
  const { receipt: oldReceipt, noticesBelow: oldBelow, ...old } = before;
  const { receipt, noticesBelow, ...now } = after;
  if (!sameReceipt(oldReceipt, receipt) || oldBelow.at(-1)?.version !== noticesBelow.at(-1)?.version) return false;
  return (Object.keys(now) as (keyof typeof now)[]).every((name) => old[name] === now[name]);
}

const sameReceipt = (a: Receipt | undefined, b: Receipt | undefined) =>
  a?.readers.length === b?.readers.length && a?.others === b?.others && a?.readers.at(-1)?.id === b?.readers.at(-1)?.id;
