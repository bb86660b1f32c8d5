import { useEffect, useState } from "preact/hooks";
import { pin, pins } from "../../../sdk/features/pins.ts";
import type { Conversation, Message } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { IconButton } from "../../design/button.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { toast } from "../../design/toast.tsx";
import { pinTexts } from "../../texts/pins.ts";
import { texts } from "../../texts/texts.ts";
import type { Aside, AsideProps } from "../base/open-aside.ts";
import { closeDialog } from "../base/open-dialog.ts";
import { navigate, pathTo } from "../base/routing.ts";
import { preview } from "../messages/preview.ts";
import { listTime } from "../messages/times.ts";
import "./pins.css";

/** The pinned messages of a conversation. They are read again when somebody pins, edits or deletes. */
function usePins(conversation: Conversation | undefined) {
  const [found, setFound] = useState<readonly Message[]>();
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    if (!conversation) return;
    let isLast = true;
    const load = async () => {
      const read = await pins(conversation).catch(() => undefined);
      if (!isLast) return;
      setFailed(!read);
      if (read) setFound(read);
    };
    void load();
    const stopPins = conversation.on("pin", () => void load());
    // An edit or a deletion of a loaded message shows at once.
    const stopChanges = conversation.on("change", () =>
      setFound((before) => before && refreshed(before, conversation)),
    );
    return () => {
      isLast = false;
      stopPins();
      stopChanges();
    };
  }, [conversation]);
  return { found, hasFailed };
}

/** The same list where nothing has changed, so that nothing renders. */
function refreshed(found: readonly Message[], { messages }: Conversation): readonly Message[] {
  const now = new Map(messages.flatMap((message) => (message.state === "sent" ? [[message.id, message]] : [])));
  const next = found.map((message) => now.get(message.id) ?? message).filter((message) => !message.deleted_at);
  return next.length === found.length && next.every((message, i) => message === found[i]) ? found : next;
}

function Pins({ conversation }: AsideProps) {
  const { found, hasFailed } = usePins(conversation);
  if (!conversation || (!found && !hasFailed)) return <Skeleton lines={6} />;
  if (!found) return <p role="alert">{pinTexts.failed}</p>;
  if (found.length === 0)
    return (
      <>
        <p>{pinTexts.empty}</p>
        <p class="soft small">{pinTexts.emptyHint}</p>
      </>
    );
  const open = ({ seq }: Message) => {
    closeDialog();
    navigate(pathTo("conversation", conversation.id, seq));
  };
  const unpin = ({ id }: Message) =>
    pin(conversation, id, false).done.catch((error: unknown) =>
      toast(error instanceof Error ? error.message : texts.design.failed, { error: true }),
    );
  return (
    <ul class="rows">
      {found.map((message) => (
        <li key={message.id} class="row row-tight">
          <button type="button" class="row-button" onClick={() => open(message)}>
            <span class="row-texts">
              <span class="row-title">
                <Avatar name={message.sender_name} id={message.sender_id} size="s" />
                <bdi class="clip">{message.sender_name}</bdi>
                <time class="soft small" dateTime={message.created_at}>
                  {listTime(message.created_at)}
                </time>
              </span>
              <span class="pinned-text" dir="auto">
                {preview(message.content, message)}
              </span>
            </span>
          </button>
          <IconButton icon="close" label={pinTexts.unpin} onClick={() => void unpin(message)} />
        </li>
      ))}
    </ul>
  );
}

export const pinsAside: Aside = { title: () => texts.messages.header.pins, Body: Pins };
