import { useEffect, useId, useLayoutEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { CONTENT_MAX, strip } from "../../../protocol/content.ts";
import type { Conversation } from "../../../sdk/index.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { isComposing } from "../../design/keys.ts";
import { isFocusLost } from "../../design/lost-focus.ts";
import { part } from "../../design/part.tsx";
import { texts } from "../../texts/texts.ts";
import { later } from "../base/later.tsx";
import { clearText, insertText, setText } from "../base/text-field.ts";
import { useSession } from "../session/context.ts";
import { keepAnswered } from "./composing/answered.ts";
import {
  attachedTo,
  ComposerMenu,
  ComposerParts,
  cancelPart,
  keepAttached,
  partsAllowNoText,
  sendWithParts,
  VoiceButton,
  whyPartsWait,
} from "./composing/parts.tsx";
import { Draft } from "./drafts.ts";
import { EmojiButton } from "./emoji/button.tsx";
import { useSuggestions } from "./emoji/use-suggestions.ts";
import { touches } from "./focus.ts";
import { FormatButton, formatBar } from "./format/button.tsx";
import { withMentions } from "./mentions/mentioning.ts";
import { useMentionSuggestions } from "./mentions/use-suggestions.ts";
import { isDeleted } from "./preview.ts";
import { scrollMessages } from "./scroll-messages.ts";
import { leftOf, whyNotSent } from "./sendable.ts";
import type { Editing } from "./use-editing.ts";
import { format, formatByKeys, isInBlock, loadWritingTools, writingTools } from "./writing.ts";

/** A text of this length can still be shortened by hand. With far more, a text field takes seconds for each key. */
const FIELD_MAX = 4 * CONTENT_MAX;

const Counter = later(async () => (await import("./counter.tsx")).Counter);
const DraftOffer = later(async () => (await import("./composer-notes.tsx")).DraftOffer);
const BlockHint = later(async () => (await import("./composer-notes.tsx")).BlockHint);
const SendLater = part(async () => (await import("./later/send-later.tsx")).SendLater);
const Suggestions = later(async () => (await import("./emoji/suggestions.tsx")).Suggestions);
const MentionSuggestions = later(async () => (await import("./mentions/suggestions.tsx")).MentionSuggestions);
const FormatBar = later(async () => (await import("./format/bar.tsx")).FormatBar);

export interface ComposerProps {
  conversation: Conversation;
  title: string;
  /** While a message is edited, the text field holds its text. */
  editing: Editing;
  onEditLast: () => void;
}

export function Composer({ conversation, title, editing, onEditLast }: ComposerProps) {
  const { me } = useSession();
  const { composer, feed } = texts.messages;
  const edited = editing.message;
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const draft = useMemo(
    () =>
      new Draft(
        () => me.peek()?.id,
        conversation.id,
        () => redraw(undefined),
      ),
    [conversation.id],
  );
  const [refusal, setFault] = useState<string>();
  const [kept, keep] = useState<string>();
  const [isCode, setCode] = useState(false);
  const isGone = edited !== undefined && isDeleted(edited);
  const fault = isGone ? feed.deleted : refusal;
  const text = edited ? editing.text : draft.text;
  const suggestions = useSuggestions(field);
  const people = useMentionSuggestions(field, conversation);
  const waits = edited ? undefined : whyPartsWait(conversation);
  const mayBeEmpty = edited ? edited.files !== undefined : partsAllowNoText(conversation);
  const fits = mayBeEmpty && strip(text) === "";
  const reason = isGone ? feed.deleted : (waits ?? (fits ? undefined : whyNotSent(text)));
  const offer = edited ? undefined : draft.offer;

  function change(value: string) {
    setFault(undefined);
    if (edited) return editing.change(value);
    draft.change(value);
    redraw(undefined);
    conversation.typing(value.trim() !== "");
  }

  useEffect(() => {
    if (!touches.matches) field.current?.focus();
  }, []);
  useEffect(() => draft.listen(), [draft]);
  useEffect(() => keepAnswered(me.peek()?.id, conversation), [conversation]);
  useEffect(() => keepAttached(me.peek()?.id, conversation), [conversation]);
  const wasEdited = useRef(edited?.key);
  /** The text field had the focus when the edit ended. On a phone the keyboard then stays open. */
  const wasWriting = useRef(false);
  // Runs before the next key, which would otherwise go elsewhere.
  useLayoutEffect(() => {
    if (wasEdited.current === edited?.key) return;
    wasEdited.current = edited?.key;
    setFault(undefined);
    if (edited || (isFocusLost() && (!touches.matches || wasWriting.current))) field.current?.focus();
    wasWriting.current = false;
  }, [edited?.key]);
  useLayoutEffect(() => grow(field.current), [text, edited?.key]);
  useEffect(() => {
    // Its width also changes when buttons come beside it.
    let width = 0;
    const observer = new ResizeObserver(([entry]) => {
      const now = entry?.contentRect.width ?? 0;
      if (now !== width) grow(field.current);
      width = now;
    });
    if (field.current) observer.observe(field.current);
    return () => observer.disconnect();
  }, []);

  function submit() {
    if (isGone) return;
    if (reason !== undefined) {
      field.current?.focus();
      return text === "" && !edited && waits === undefined ? undefined : setFault(reason);
    }
    people.close();
    withMentions(conversation, strip(text), send);
  }

  function send(content: string) {
    if (edited) {
      wasWriting.current = document.activeElement === field.current;
      if (content !== edited.content) conversation.edit(edited.key, content).done.catch(() => {});
      editing.end();
    } else {
      sendWithParts(conversation, content);
      if (field.current) clearText(field.current);
    }
  }

  /** The place of the caret decides which emoji are suggested, and whether Enter sends. */
  function look() {
    setCode(field.current !== null && isInBlock(field.current));
    suggestions.look();
    people.look();
  }

  /** Enter sends, but in a code block it begins a line. Touch keyboards have no Shift+Enter: there it always does. */
  const sends = ({ ctrlKey, metaKey, shiftKey, altKey }: KeyboardEvent) =>
    ctrlKey || metaKey || !(shiftKey || altKey || touches.matches || (field.current && isInBlock(field.current)));

  function onKeyDown(event: KeyboardEvent) {
    if (isComposing(event)) return;
    if (suggestions.onKeyDown(event) || people.onKeyDown(event) || formatByKeys(field.current, event))
      return event.preventDefault();
    if (event.key === "Enter" && sends(event)) submit();
    else if (event.key === "Escape" && edited) editing.end();
    else if (/^Page(Up|Down)$/.test(event.key) && !isScrolled(field.current))
      scrollMessages(field.current, event.key === "PageUp" ? -1 : 1);
    else if (event.key === "ArrowUp" && !event.altKey && text === "" && !edited) onEditLast();
    else if (event.key !== "Escape" || !cancelPart(conversation)) return;
    event.preventDefault();
  }

  const left = leftOf(text);
  const [list, open] = people.items.length > 0 ? (["mention", people] as const) : (["emoji", suggestions] as const);
  const completed = open.items.length > 0 && {
    "aria-controls": `${list}-suggestions`,
    "aria-activedescendant": open.chosen >= 0 ? `${list}-suggestion-${open.chosen}` : undefined,
  };
  return (
    <form
      class={edited ? "composer composer-editing" : "composer"}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {edited && (
        <div class="composer-edited">
          <Icon name="edit" />
          <span>{composer.editing}</span>
          <IconButton icon="close" label={composer.cancelEdit} keys="Esc" onClick={editing.end} />
        </div>
      )}
      {offer !== undefined && offer !== kept && (
        <DraftOffer
          onUse={() => field.current && setText(field.current, offer)}
          onKeep={() => {
            keep(offer);
            draft.keepOwn();
          }}
        />
      )}
      {!edited && <ComposerParts conversation={conversation} field={field} />}
      {suggestions.items.length > 0 && <Suggestions {...suggestions} />}
      {people.items.length > 0 && <MentionSuggestions {...people} />}
      <div class="composer-box">
        {formatBar.value === "on" && <FormatBar apply={(one) => format(field.current, one)} />}
        <div class="composer-row">
          {!edited && <ComposerMenu conversation={conversation} field={field} />}
          <EmojiButton onChoose={(emoji) => field.current && insertText(field.current, emoji)} />
          <FormatButton />
          <textarea
            // Each edited message has its own field, so undo never crosses from one text to another.
            key={edited?.key}
            ref={field}
            class="composer-input"
            rows={1}
            dir="auto"
            value={text}
            placeholder={composer.placeholder(title)}
            aria-label={composer.label(title)}
            aria-invalid={fault !== undefined || (left ?? 0) < 0}
            aria-describedby={`${id}-count ${id}-fault`}
            aria-autocomplete="list"
            {...completed}
            autocomplete="off"
            enterkeyhint={touches.matches ? "enter" : "send"}
            onBeforeInput={(event) => {
              writingTools()?.continueMarks(event.currentTarget, event);
              const { selectionStart, selectionEnd } = event.currentTarget;
              const kept = text.length - (selectionEnd - selectionStart);
              if (event.data === null || kept + event.data.length <= FIELD_MAX) return;
              event.preventDefault();
              setFault(composer.tooLongToInsert(CONTENT_MAX));
            }}
            onInput={(event) => {
              change(event.currentTarget.value);
              look();
            }}
            onKeyDown={onKeyDown}
            onPaste={(event) => writingTools()?.pasteLink(event.currentTarget, event)}
            onSelect={look}
            onFocus={() => void loadWritingTools().catch(() => {})}
            onBlur={() => {
              suggestions.close();
              people.close();
              if (!edited) conversation.typing(false);
            }}
          />
          {left !== undefined && <Counter id={`${id}-count`} left={left} />}
          {/* Keeps the focus in the text field. Otherwise a phone would close its keyboard. */}
          {edited ? (
            <Button
              kind="primary"
              type="submit"
              aria-disabled={reason !== undefined}
              onPointerDown={(event) => event.preventDefault()}
            >
              {texts.design.save}
            </Button>
          ) : (
            <>
              {reason !== undefined && text === "" && <VoiceButton conversation={conversation} />}
              {reason === undefined && attachedTo(conversation).length === 0 && (
                // Until it is there, its place keeps the width of the text, and so the height.
                <SendLater
                  props={{ conversation, field }}
                  meanwhile={<span class="icon-button" aria-hidden="true" />}
                />
              )}
              <IconButton
                class="composer-send"
                icon="send"
                label={composer.send}
                type="submit"
                reason={reason}
                onPointerDown={(event) => event.preventDefault()}
              />
            </>
          )}
        </div>
      </div>
      {isCode && !touches.matches && <BlockHint />}
      {fault && (
        <p id={`${id}-fault`} class="composer-fault" role="alert">
          {fault}
        </p>
      )}
    </form>
  );
}

/** The text is longer than the field, so these keys scroll the field. */
const isScrolled = (field: HTMLTextAreaElement | null) => field !== null && field.scrollHeight > field.clientHeight;

/** Makes the field as tall as its text. CSS has the maximum. */
function grow(field: HTMLTextAreaElement | null) {
  if (!field) return;
  field.style.height = "auto";
  // An empty field is as tall as its one row. Reading its height would lay the new page out once more.
  if (field.value !== "") field.style.height = `${field.scrollHeight}px`;
}
