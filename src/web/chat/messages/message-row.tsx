import type { ComponentChildren } from "preact";
import { memo } from "preact/compat";
import type { ChatMessage } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Icon } from "../../design/icon.tsx";
import { part } from "../../design/part.tsx";
import { layout } from "../../design/preferences.ts";
import { texts } from "../../texts/texts.ts";
import { hasFailed } from "./actions/failed.ts";
import { Failure } from "./failure.tsx";
import { foldedText } from "./folded-text.tsx";
import { isForReader } from "./mentions/names.ts";
import { MentionsOf } from "./mentions/pill.tsx";
import type { ActionContext } from "./message-action.ts";
import type { PartPlace } from "./message-part.ts";
import { NoticeLines } from "./notice-lines.tsx";
import type { Notice } from "./notices.ts";
import { inPlaceOf, Parts, partsOf } from "./parts/parts.tsx";
import { isDeleted, previewOf } from "./preview.ts";
import { type Receipt, ReceiptLine } from "./receipt.tsx";
import type { Place } from "./timeline.ts";
import { clockTime, dayLabel, fullTime, shortClockTime } from "./times.ts";
import { useHot } from "./use-hot.ts";

export const Toolbar = part(async () => (await import("./toolbar.tsx")).Toolbar);

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
  isLast: boolean;
  /** Tab reaches this message. */
  isActive: boolean;
  isExpanded: boolean;
  /** A link has just led to it. */
  isLinked: boolean;
  /** The text field holds its text. */
  isEdited: boolean;
  receipt: Receipt | undefined;
  actions: ActionContext;
  onToggle: (key: string) => void;
}

export const MessageRow = memo(Row, sameProps);

/**
 * A message in two columns. The first has the picture of the author, or the time. The second has the author and the time,
 * if no message of the same author stands above, and the text.
 */
function Row(props: MessageRowProps) {
  const { message, isOwn, startsGroup, isActive } = props;
  const { feed } = texts.messages;
  const [isHot, hot] = useHot(message.key);
  const deleted = isDeleted(message);
  const isCompact = layout.value === "compact";
  const when = fullTime(message.created_at);
  const { conversation } = props.actions;
  const parts = partsOf(message);
  const partProps = { message, conversation, isActive };
  const partsAt = (place: PartPlace) => parts.length > 0 && <Parts parts={parts} place={place} {...partProps} />;
  return (
    <div class="message-place">
      {props.beginning}
      {linesOf(props.noticesAbove)}
      {props.startsDay && <DayLine time={message.created_at} />}
      {props.startsUnread && (
        <p class="unread-line">
          <bdi>{feed.newMessages(props.unreadCount)}</bdi>
        </p>
      )}
      <article
        class={classesOf(props)}
        data-key={message.key}
        tabIndex={isActive ? 0 : -1}
        aria-label={`${feed.label1(isOwn ? feed.you : message.sender_name, when)}: ${previewOf(message)}`}
        {...hot}
      >
        {startsGroup && !isCompact ? (
          <span data-person={message.sender_id}>
            <Avatar name={message.sender_name} id={message.sender_id} />
          </span>
        ) : (
          <span class="message-side">
            {timeOf(message, when, !isCompact)}
            {clockOf(message, props.receipt !== undefined)}
          </span>
        )}
        <div class="message-body">
          {startsGroup && (
            <p class="message-header">
              <button
                type="button"
                class="message-author clip"
                tabIndex={isActive ? 0 : -1}
                aria-haspopup="dialog"
                data-person={message.sender_id}
              >
                <bdi>{message.sender_name}</bdi>
              </button>
              {!isCompact && (
                <>
                  {timeOf(message, when)}
                  {editedOf(message)}
                  {partsAt("mark")}
                  {clockOf(message, props.receipt !== undefined)}
                </>
              )}
            </p>
          )}
          {partsAt("above")}
          <div class="message-content">
            <MentionsOf.Provider value={message}>
              {deleted ? (
                <p class="tombstone">{feed.deleted}</p>
              ) : (
                inPlaceOf(
                  (message.content !== "" || !message.files) &&
                    foldedText(message.content, props.isExpanded, () => props.onToggle(message.key)),
                  parts,
                  partProps,
                )
              )}
            </MentionsOf.Provider>
            {(!startsGroup || isCompact) && (
              <>
                {editedOf(message)}
                {partsAt("mark")}
              </>
            )}
          </div>
          {partsAt("card")}
          {hasFailed(message) && <Failure message={message} conversation={conversation} />}
          {partsAt("below")}
          {props.receipt && <ReceiptLine {...props.receipt} />}
        </div>
        {isHot && <Toolbar props={{ message, actions: props.actions, isActive }} />}
      </article>
      {linesOf(props.noticesBelow)}
    </div>
  );
}

/** A component of its own: it renders again at midnight, and the memoized row does not. */
const DayLine = ({ time }: { time: string }) => (
  <p class="day">
    <bdi>{dayLabel(time)}</bdi>
  </p>
);

// Functions and no components: each component costs time and memory, and rows come by dozens in a frame.

const linesOf = (notices: readonly Notice[]) => notices.length > 0 && <NoticeLines notices={notices} />;

const timeOf = ({ created_at }: ChatMessage, title: string, isShort = false) => (
  <time dateTime={created_at} title={title}>
    {isShort ? shortClockTime(created_at) : clockTime(created_at)}
  </time>
);

function editedOf(message: ChatMessage) {
  if (message.state !== "sent" || message.edited_at === undefined || isDeleted(message)) return null;
  return (
    <span class="message-edited" title={fullTime(message.edited_at)}>
      {texts.messages.feed.edited}
    </span>
  );
}

/** Says that a message or its change is on its way, unless its receipt says so. */
function clockOf(message: ChatMessage, isSaid: boolean) {
  const { feed } = texts.messages;
  const isPending = message.state === "sent" ? message.change?.state === "pending" : message.state === "pending";
  if (!isPending || (isSaid && message.state === "pending")) return null;
  return (
    <span class="message-clock" title={feed.pending}>
      <Icon name="clock" />
      <span class="visually-hidden">{feed.pending}</span>
    </span>
  );
}

function classesOf({ message, isOwn, startsGroup, isLast, isEdited, isLinked, actions }: MessageRowProps): string {
  const names = ["message"];
  if (isOwn) names.push("message-own");
  if (startsGroup) names.push("message-starts");
  if (isLast) names.push("message-last");
  if (isEdited) names.push("message-editing");
  if (isLinked) names.push("message-linked");
  if (isForReader(message, actions.client.me?.id)) names.push("message-mentioning");
  if (message.state !== "sent") names.push(`message-${message.state}`);
  if (message.state === "sent" && message.change?.kind === "delete" && message.change.state === "pending")
    names.push("message-leaving");
  return names.join(" ");
}

/** A row renders again only when its content has changed. */
function sameProps(before: MessageRowProps, after: MessageRowProps): boolean {
  const { receipt: oldReceipt, noticesBelow: oldBelow, ...old } = before;
  const { receipt, noticesBelow, ...now } = after;
  if (!sameReceipt(oldReceipt, receipt) || !sameNotices(oldBelow, noticesBelow)) return false;
  return (Object.keys(now) as (keyof typeof now)[]).every((name) => old[name] === now[name]);
}

const sameNotices = (a: readonly Notice[], b: readonly Notice[]) =>
  a.length === b.length && a.every(({ text }, i) => text === b[i]?.text);

const sameReceipt = (a: Receipt | undefined, b: Receipt | undefined) =>
  a?.readers.length === b?.readers.length &&
  a?.others === b?.others &&
  a?.isPending === b?.isPending &&
  a?.readers.at(-1)?.id === b?.readers.at(-1)?.id;
