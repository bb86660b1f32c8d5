import { useRef, useState } from "preact/hooks";
import { reschedule, sendScheduled, skipScheduled, unschedule } from "../../../sdk/features/scheduled.ts";
import type { ScheduledEntry } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { confirm } from "../../design/confirm.ts";
import { toast } from "../../design/toast.tsx";
import { laterTexts } from "../../texts/later.ts";
import { titleOf } from "../base/conversation-title.ts";
import { pathTo } from "../base/routing.ts";
import { openTimeMenu } from "../messages/later/time-menu.ts";
import { ownZone, whenText } from "../messages/later/times.ts";
import { preview } from "../messages/preview.ts";
import { useSession } from "../session/context.ts";

/** A message that is sent later, or that waits for a decision because it was not. */
export function ScheduledItem({ id, item }: { id: string; item: ScheduledEntry }) {
  const { client, me } = useSession();
  const { conversation_id, content, send_at, repeat, zone, state } = item;
  const [isEditing, setEditing] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    await work().catch((error: unknown) => toast(error instanceof Error ? error.message : "", { error: true }));
    setBusy(false);
  };
  const known = client.conversations.items.find((one) => one.id === conversation_id);
  const when = whenText(send_at);
  const remove = async () => {
    const { deleteTitle: title, deleteText: text, delete: action } = laterTexts;
    if (await confirm({ title, text, action, danger: true })) await run(() => unschedule(client, id));
  };
  return (
    <article class="later-item" aria-busy={isBusy}>
      <a href={pathTo("conversation", conversation_id)}>
        <p class="later-head">
          <bdi>{known ? titleOf(known, me.value) : ""}</bdi>
        </p>
        {!isEditing && (
          <p class="later-text" dir="auto">
            {preview(content)}
          </p>
        )}
      </a>
      <p class={state === "waiting" ? "later-when" : "later-when later-due"}>
        {state === "waiting"
          ? laterTexts.sendsAt(when)
          : state === "late"
            ? laterTexts.late(when)
            : laterTexts.failedToSend}
        {repeat && (
          <>
            <br />
            {laterTexts.custom[repeat]}
          </>
        )}
      </p>
      {isEditing && (
        <form
          class="later-buttons"
          onSubmit={(event) => {
            event.preventDefault();
            setEditing(false);
            void run(() => reschedule(client, id, { content: field.current?.value ?? content }));
          }}
        >
          <textarea ref={field} class="field-input" aria-label={laterTexts.text} defaultValue={content} rows={3} />
          <Button type="submit">{laterTexts.done}</Button>
        </form>
      )}
      <div class="later-buttons">
        <Button kind={state === "late" ? "primary" : "quiet"} onClick={() => void run(() => sendScheduled(client, id))}>
          {laterTexts.sendNow}
        </Button>
        <Button
          kind="quiet"
          onClick={(event) =>
            openTimeMenu(
              {
                title: laterTexts.sendLaterTitle,
                action: laterTexts.custom.schedule,
                repeat,
                onChoose: ({ at, repeat: every }) =>
                  void run(() =>
                    reschedule(client, id, {
                      send_at: at.toISOString(),
                      repeat: every,
                      zone: every ? (zone ?? ownZone()) : null,
                    }),
                  ),
              },
              event.currentTarget,
            )
          }
        >
          {laterTexts.reschedule}
        </Button>
        {!isEditing && (
          <Button kind="quiet" onClick={() => setEditing(true)}>
            {laterTexts.edit}
          </Button>
        )}
        {repeat && (
          <Button kind="quiet" onClick={() => void run(() => skipScheduled(client, id))}>
            {laterTexts.skip}
          </Button>
        )}
        <Button kind="quiet" onClick={() => void remove()}>
          {laterTexts.delete}
        </Button>
      </div>
    </article>
  );
}
