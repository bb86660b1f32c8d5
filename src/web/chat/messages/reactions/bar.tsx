import { useEffect, useRef } from "preact/hooks";
import type { ChatMessage, Conversation, Reaction } from "../../../../sdk/index.ts";
import { Icon } from "../../../design/icon.tsx";
import { numbers } from "../../../texts/format.ts";
import { reactionTexts } from "../../../texts/reactions.ts";
import { useSession } from "../../session/context.ts";
import type { MessagePartProps } from "../message-part.ts";
import { askNames, peopleOf } from "./names.ts";
import { openPicker, openWho } from "./open.ts";
import { askOwn, followOwn, hasReacted } from "./own.ts";
import { setReaction } from "./toggle.ts";
import "./bar.css";

/** A finger that rests so long opens the list of people. */
const PRESS_MS = 400;
const LIFT_MS = 100;

/** The reactions below a message, each a button that sets yours or takes it back. */
export function ReactionBar({ message, conversation, isActive }: MessagePartProps) {
  const { me } = useSession();
  const myId = me.value?.id ?? 0;
  const reactions = message.reactions ?? [];
  useEffect(() => void askOwn(conversation, message), [message.id, reactions.length]);
  useEffect(() => followOwn(conversation, myId), [conversation, myId]);
  const tabIndex = isActive ? 0 : -1;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
    <div class="reactions" role="group" aria-label={reactionTexts.bar} onKeyDown={onArrow}>
      {reactions.map((reaction) => (
        <Pill
          key={reaction.emoji}
          message={message}
          conversation={conversation}
          reaction={reaction}
          myId={myId}
          tabIndex={tabIndex}
        />
      ))}
      <button
        type="button"
        class="reaction reaction-add"
        aria-label={reactionTexts.add}
        aria-haspopup="dialog"
        data-tip={reactionTexts.add}
        tabIndex={tabIndex}
        onClick={({ currentTarget }) => openPicker({ message, conversation, myId }, currentTarget)}
      >
        <Icon name="smile" />
        <span aria-hidden="true">+</span>
      </button>
    </div>
  );
}

interface PillProps {
  message: ChatMessage;
  conversation: Conversation;
  reaction: Reaction;
  myId: number;
  tabIndex: number;
}

function Pill({ message, conversation, reaction, myId, tabIndex }: PillProps) {
  const { emoji, count } = reaction;
  const isIn = hasReacted(message, reaction, myId);
  const { named, others } = peopleOf(reaction, conversation, { id: myId, isIn });
  const label = reactionTexts.reacted(named, others, emoji);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const wasLong = useRef(false);
  const isTouched = useRef(false);
  const ask = () => void askNames(conversation, message, reaction);
  const who = (element: HTMLElement) => openWho({ message, conversation, myId }, emoji, element);
  return (
    <button
      type="button"
      class="reaction"
      aria-pressed={isIn}
      data-tip={label}
      tabIndex={tabIndex}
      onPointerEnter={ask}
      onFocus={ask}
      // The message has another long press.
      onPointerDown={(event) => {
        isTouched.current = event.pointerType !== "mouse";
        wasLong.current = false;
        if (!isTouched.current) return;
        event.stopPropagation();
        timer.current = setTimeout(() => {
          wasLong.current = true;
          navigator.vibrate?.(10);
        }, PRESS_MS);
      }}
      onPointerUp={({ currentTarget }) => {
        clearTimeout(timer.current);
        // If the list were open already, a browser could take the next event for a press beside it.
        if (wasLong.current) setTimeout(who, LIFT_MS, currentTarget);
      }}
      onPointerCancel={() => clearTimeout(timer.current)}
      // The right button, or a key. Android sends this for a finger that rests too.
      onContextMenu={(event) => {
        event.preventDefault();
        if (!isTouched.current) who(event.currentTarget);
      }}
      onClick={() => {
        if (!wasLong.current) setReaction(conversation, message, emoji, !isIn);
        wasLong.current = false;
      }}
    >
      <span class="emoji" aria-hidden="true">
        {emoji}
      </span>
      {/* A new number moves a little, and only there. */}
      <span key={count} class="reaction-count" aria-hidden="true">
        {numbers.format(count)}
      </span>
      <span class="visually-hidden">{label}</span>
    </button>
  );
}

/** The arrows along the text lead from one button to the next. */
function onArrow(event: KeyboardEvent & { currentTarget: HTMLElement }) {
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
  const buttons: EventTarget[] = [...event.currentTarget.querySelectorAll("button")];
  const isForward = (event.key === "ArrowRight") === (getComputedStyle(event.currentTarget).direction !== "rtl");
  const at = event.target ? buttons.indexOf(event.target) : -1;
  const next = buttons[at + (isForward ? 1 : -1)];
  if (next instanceof HTMLElement) next.focus();
  event.preventDefault();
}
