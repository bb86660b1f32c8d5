import { useRef, useState } from "preact/hooks";
import type { SavedMessage } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { laterTexts } from "../../texts/later.ts";
import { titleOf } from "../base/conversation-title.ts";
import { pathTo } from "../base/routing.ts";
import { askReminder, endReminder, removeSaved, setNote } from "../messages/later/save.ts";
import { whenText } from "../messages/later/times.ts";
import { preview } from "../messages/preview.ts";
import { useSession } from "../session/context.ts";

/** A saved message with its note and its reminder. */
export function SavedItem({ item }: { item: SavedMessage }) {
  const { client, me } = useSession();
  const { conversation_id, seq, message, message_id, note, remind_at, is_due } = item;
  const [isNoting, setNoting] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  /** Runs something on the message. Its conversation need not be known before. */
  const on = (work: (target: Parameters<typeof endReminder>[0]) => void) => {
    const conversation = client.open(conversation_id);
    work({ client, conversation, message: { id: message_id, seq } });
    conversation.close();
  };
  const known = client.conversations.items.find(({ id }) => id === conversation_id);
  const title = known ? titleOf(known, me.value) : "";
  const isDeleted = message?.deleted_at !== undefined;
  return (
    <article class="later-item">
      <a href={pathTo("conversation", conversation_id, seq)}>
        <p class="later-head">
          <bdi>{message?.sender_name}</bdi>
          {title !== "" && title !== message?.sender_name && (
            <>
              {" · "}
              <bdi>{title}</bdi>
            </>
          )}
          {message && <> · {whenText(message.created_at)}</>}
        </p>
        <p class={message && !isDeleted ? "later-text" : "later-text tombstone"} dir="auto">
          {message === null ? laterTexts.pruned : isDeleted ? laterTexts.deleted : preview(message.content, message)}
        </p>
      </a>
      {(is_due || remind_at) && (
        <p class={is_due ? "later-when later-due" : "later-when"}>
          {is_due ? laterTexts.due : remind_at && laterTexts.remindAt(whenText(remind_at))}
        </p>
      )}
      {isNoting ? (
        <form
          class="later-buttons"
          onSubmit={(event) => {
            event.preventDefault();
            setNoting(false);
            on((target) => setNote(target, field.current?.value ?? ""));
          }}
        >
          <textarea
            ref={field}
            class="field-input"
            aria-label={laterTexts.note}
            placeholder={laterTexts.noteHint}
            maxLength={500}
            defaultValue={note ?? ""}
            onKeyDown={(event) => {
              if (event.key === "Escape") setNoting(false);
            }}
          />
          <Button type="submit">{laterTexts.done}</Button>
        </form>
      ) : (
        note && (
          <p class="later-note" dir="auto">
            {note}
          </p>
        )
      )}
      <div class="later-buttons">
        {is_due && <Button onClick={() => on(endReminder)}>{laterTexts.done}</Button>}
        <Button
          kind="quiet"
          onClick={(event) => {
            const place = event.currentTarget;
            on((target) => askReminder(target, place));
          }}
        >
          {is_due ? laterTexts.snooze : laterTexts.remindMe}
        </Button>
        {!isNoting && (
          <Button kind="quiet" onClick={() => setNoting(true)}>
            {note ? laterTexts.editNote : laterTexts.addNote}
          </Button>
        )}
        <Button kind="quiet" onClick={() => on(removeSaved)}>
          {laterTexts.remove}
        </Button>
      </div>
    </article>
  );
}
