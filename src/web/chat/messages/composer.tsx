import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ChatMessage, Conversation } from "../../../client/index.ts";
import { CONTENT_MAX, codePoints, contentFault, strip } from "../../../protocol/content.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { texts } from "../../texts/texts.ts";
import { documentKeys } from "../keyboard/shortcuts.ts";
import { me } from "../session/session.ts";
import { draftOf, keepDraft } from "./drafts.ts";
import { EmojiButton } from "./emoji/button.tsx";
import { Suggestions, useSuggestions } from "./emoji/suggestions.tsx";
import { touches } from "./focus.ts";
import { insertText, toggleMark } from "./text-field.ts";

/** From so many characters before the limit they are counted. */
const COUNTED_FROM = CONTENT_MAX - 500;
const MARKS: Record<string, string> = { b: "**", i: "_", e: "`" };

export interface ComposerProps {
  conversation: Conversation;
  title: string;
  /** One's own message that is edited here. */
  editing: ChatMessage | undefined;
  onEditLast: () => void;
  onEditEnd: () => void;
}

export function Composer({ conversation, title, editing, onEditLast, onEditEnd }: ComposerProps) {
  const { composer, keys } = texts.messages;
  documentKeys("composing", [
    { keys: "Enter", label: keys.send },
    { keys: "Shift+Enter", label: keys.newline },
    { keys: "ArrowUp", label: keys.editLast },
    { keys: "Mod+B", label: keys.bold },
    { keys: "Mod+I", label: keys.italics },
    { keys: "Mod+E", label: keys.code },
    { keys: ":", label: keys.emoji },
    { keys: "Escape", label: keys.cancel },
  ]);
  const field = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useState(() => draftOf(me.peek()?.id, conversation.id));
  /** Undefined: nothing was changed yet. */
  const [edit, setEdit] = useState<string>();
  const [fault, setFault] = useState<string>();
  const text = editing ? (edit ?? editing.content) : draft;
  const suggestions = useSuggestions(field);

  function change(value: string) {
    setFault(undefined);
    if (editing) return setEdit(value);
    setDraft(value);
    keepDraft(me.peek()?.id, conversation.id, value);
    conversation.typing(value.trim() !== "");
  }

  useEffect(() => {
    if (!touches.matches) field.current?.focus();
  }, []);
  // Before the next key: later it would take back what was typed, or be typed elsewhere.
  useLayoutEffect(() => {
    setEdit(undefined);
    setFault(undefined);
    if (editing) field.current?.focus();
  }, [editing?.key]);
  useLayoutEffect(() => grow(field.current), [text]);

  function submit() {
    const content = strip(text);
    if (content === "") return;
    const wrong = contentFault(content);
    if (wrong) return setFault(wrong);
    if (editing) {
      if (content !== editing.content) conversation.edit(editing.key, content).done.catch(() => {});
      onEditEnd();
    } else {
      conversation.send(content).done.catch(() => {});
      change("");
    }
    field.current?.focus();
  }

  /** At once: a moment later somebody may be elsewhere already. */
  function cancelEdit() {
    onEditEnd();
    if (!touches.matches) field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    // While characters are composed, Enter and the arrows belong to the input method.
    if (event.isComposing || event.keyCode === 229) return;
    if (suggestions.onKeyDown(event)) return event.preventDefault();
    const mark = (event.ctrlKey || event.metaKey) && !event.altKey && MARKS[event.key.toLowerCase()];
    if (mark && field.current) toggleMark(field.current, mark);
    // What fingers type with has no Shift+Enter: there Enter ends the line.
    else if (event.key === "Enter" && !event.shiftKey && !event.altKey && (!touches.matches || event.ctrlKey)) submit();
    else if (event.key === "Escape" && editing) cancelEdit();
    else if (event.key === "ArrowUp" && !event.altKey && text === "" && !editing) onEditLast();
    else return;
    event.preventDefault();
  }

  const length = text.length > COUNTED_FROM ? codePoints(strip(text)) : 0;
  const left = CONTENT_MAX - length;
  return (
    <form
      class={editing ? "composer composer-editing" : "composer"}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {editing && (
        <div class="composer-edited">
          <Icon name="edit" />
          <span>{composer.editing}</span>
          <IconButton icon="close" label={composer.cancelEdit} keys="Esc" onClick={cancelEdit} />
        </div>
      )}
      <Suggestions {...suggestions} />
      <div class="composer-box">
        <EmojiButton onChoose={(emoji) => field.current && insertText(field.current, emoji)} />
        <textarea
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
          onInput={(event) => {
            change(event.currentTarget.value);
            suggestions.look();
          }}
          onKeyDown={onKeyDown}
          onSelect={suggestions.look}
          onBlur={() => {
            suggestions.close();
            if (!editing) conversation.typing(false);
          }}
        />
        {length > COUNTED_FROM && (
          <span
            id="composer-count"
            class={left < 0 ? "composer-count composer-count-over" : "composer-count"}
            title={left < 0 ? composer.tooLong(-left) : composer.leftLabel(left)}
          >
            {composer.left(left)}
          </span>
        )}
        {editing ? (
          <Button kind="primary" type="submit">
            {composer.save}
          </Button>
        ) : (
          // A press must not take the focus away: a phone would put its keyboard away.
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

/** As tall as its text; CSS says up to where. */
function grow(field: HTMLTextAreaElement | null) {
  if (!field) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
