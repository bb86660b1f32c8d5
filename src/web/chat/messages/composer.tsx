import { useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { CONTENT_MAX, codePoints, contentFault, strip } from "../../../protocol/content.ts";
import type { Conversation } from "../../../sdk/index.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { isComposing, matchesKeys } from "../../design/keys.ts";
import { isFocusLost } from "../../design/lost-focus.ts";
import { texts } from "../../texts/texts.ts";
import { clearText, insertText, toggleMark } from "../base/text-field.ts";
import { useSession } from "../session/context.ts";
import { Draft } from "./drafts.ts";
import { EmojiButton } from "./emoji/button.tsx";
import { Suggestions, useSuggestions } from "./emoji/suggestions.tsx";
import { touches } from "./focus.ts";
import { isDeleted } from "./preview.ts";
import { scrollMessages } from "./scroll-messages.ts";
import type { Editing } from "./use-editing.ts";

/** Counting starts this many characters before the limit. */
const COUNTED_FROM = CONTENT_MAX - 500;
/** A text of this length can still be shortened by hand. With far more, a text field takes seconds for each key. */
const FIELD_MAX = 4 * CONTENT_MAX;
const MARKS = { "Mod+B": "**", "Mod+I": "_", "Mod+E": "`" };

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
  const isGone = edited !== undefined && isDeleted(edited);
  const fault = isGone ? feed.deleted : refusal;
  const text = edited ? editing.text : draft.text;
  const suggestions = useSuggestions(field);

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
    const fit = () => grow(field.current);
    addEventListener("resize", fit);
    return () => removeEventListener("resize", fit);
  }, []);

  function submit() {
    const content = strip(text);
    if (content === "" || isGone) return;
    const wrong = contentFault(content);
    if (wrong) return setFault(wrong);
    if (edited) {
      wasWriting.current = document.activeElement === field.current;
      if (content !== edited.content) conversation.edit(edited.key, content).done.catch(() => {});
      editing.end();
    } else {
      conversation.send(content).done.catch(() => {});
      if (field.current) clearText(field.current);
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    if (isComposing(event)) return;
    if (suggestions.onKeyDown(event)) return event.preventDefault();
    const [, mark] = Object.entries(MARKS).find(([keys]) => matchesKeys(event, keys)) ?? [];
    if (mark && field.current) toggleMark(field.current, mark);
    // A touch keyboard has no Shift+Enter, so Enter starts a new line there.
    else if (event.key === "Enter" && !event.shiftKey && !event.altKey && (!touches.matches || event.ctrlKey)) submit();
    else if (event.key === "Escape" && edited) editing.end();
    else if (/^Page(Up|Down)$/.test(event.key) && !isScrolled(field.current))
      scrollMessages(event.key === "PageUp" ? -1 : 1);
    else if (event.key === "ArrowUp" && !event.altKey && text === "" && !edited) onEditLast();
    else return;
    event.preventDefault();
  }

  const length = text.length > COUNTED_FROM ? codePoints(strip(text)) : 0;
  const left = CONTENT_MAX - length;
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
      <Suggestions {...suggestions} />
      <div class="composer-box">
        <EmojiButton onChoose={(emoji) => field.current && insertText(field.current, emoji)} />
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
          aria-invalid={fault !== undefined || left < 0}
          aria-describedby="composer-count composer-fault"
          aria-autocomplete="list"
          aria-controls={suggestions.items.length > 0 ? "emoji-suggestions" : undefined}
          aria-activedescendant={suggestions.items.length > 0 ? `emoji-suggestion-${suggestions.chosen}` : undefined}
          autocomplete="off"
          enterkeyhint={touches.matches ? "enter" : "send"}
          onBeforeInput={(event) => {
            const { selectionStart, selectionEnd } = event.currentTarget;
            const kept = text.length - (selectionEnd - selectionStart);
            if (event.data === null || kept + event.data.length <= FIELD_MAX) return;
            event.preventDefault();
            setFault(composer.tooLongToInsert(CONTENT_MAX));
          }}
          onInput={(event) => {
            change(event.currentTarget.value);
            suggestions.look();
          }}
          onKeyDown={onKeyDown}
          onSelect={suggestions.look}
          onBlur={() => {
            suggestions.close();
            if (!edited) conversation.typing(false);
          }}
        />
        {length > COUNTED_FROM && (
          <span
            id="composer-count"
            class={left < 0 ? "composer-count composer-count-over" : "composer-count"}
            title={left < 0 ? composer.tooLong(-left) : composer.leftLabel(left)}
          >
            <span aria-hidden="true">{composer.left(left)}</span>
            <span class="visually-hidden">{left < 0 ? composer.tooLong(-left) : composer.leftLabel(left)}</span>
          </span>
        )}
        {/* Keeps the focus in the text field. Otherwise a phone would close its keyboard. */}
        {edited ? (
          <Button kind="primary" type="submit" onPointerDown={(event) => event.preventDefault()}>
            {texts.design.save}
          </Button>
        ) : (
          <IconButton
            class="composer-send"
            icon="send"
            label={composer.send}
            type="submit"
            disabled={strip(text) === ""}
            onPointerDown={(event) => event.preventDefault()}
          />
        )}
      </div>
      {fault && (
        <p id="composer-fault" class="composer-fault" role="alert">
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
  field.style.height = `${field.scrollHeight}px`;
}
