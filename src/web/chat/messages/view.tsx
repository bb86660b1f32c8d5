import { useEffect, useRef, useState } from "preact/hooks";
import type { ChatMessage, Conversation } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { isFocusLost } from "../../design/lost-focus.ts";
import { texts } from "../../texts/texts.ts";
import { otherOf, titleOf } from "../base/conversation-title.ts";
import { useTitle } from "../base/page-title.ts";
import { closeConversation } from "../base/routing.ts";
import { useSession } from "../session/context.ts";
import { useChanges } from "../session/use-changes.ts";
import { Composer } from "./composer.tsx";
import { ConversationHeader } from "./header.tsx";
import { Loading } from "./loading.tsx";
import { MessageList } from "./message-list.tsx";
import { TypingLine } from "./typing-line.tsx";
import { useAnnounced } from "./use-announced.ts";
import { useEditing } from "./use-editing.ts";

/** The conversation of the address. It is live while it is shown. */
export function ConversationView({ id }: { id: string }) {
  const { client } = useSession();
  const [conversation, setConversation] = useState<Conversation>();
  useEffect(() => {
    const opened = client.open(id);
    setConversation(opened);
    return () => opened.close();
  }, [id]);
  return conversation ? <OpenConversation conversation={conversation} /> : null;
}

function OpenConversation({ conversation }: { conversation: Conversation }) {
  const { me } = useSession();
  useChanges(conversation);
  useAnnounced(conversation);
  const editing = useEditing(conversation);

  const title = titleOf(conversation, me.value);
  const other = otherOf(conversation.info, me.value);
  useTitle(title);

  if (conversation.state === "gone") return <Gone known={conversation.info !== undefined} />;
  const isThere = conversation.state !== "loading" || conversation.messages.length > 0;
  return (
    <section class="conversation" aria-label={title}>
      <ConversationHeader conversation={conversation} title={title} />
      {isThere ? (
        <MessageList conversation={conversation} title={title} editing={editing.message?.key} onEdit={editing.begin} />
      ) : (
        <Loading />
      )}
      {other?.is_active === false && <p class="notice">{texts.messages.deactivated(other.full_name)}</p>}
      <TypingLine typists={conversation.typists} />
      <Composer
        conversation={conversation}
        title={title}
        editing={editing}
        onEditLast={() => editing.begin(lastOwn(conversation, me.value?.id))}
      />
    </section>
  );
}

function lastOwn({ messages }: Conversation, myId: number | undefined): ChatMessage | undefined {
  return messages.findLast(
    (message) => message.state === "sent" && message.sender_id === myId && message.deleted_at === undefined,
  );
}

function Gone({ known }: { known: boolean }) {
  const { removedTitle, removedText, unknownTitle, unknownText } = texts.messages.state;
  const heading = useRef<HTMLHeadingElement>(null);
  // The focused element is gone, so the heading takes the focus and is read out.
  useEffect(() => {
    if (isFocusLost()) heading.current?.focus();
  }, []);
  return (
    <div class="conversation-gone">
      <h1 ref={heading} tabIndex={-1}>
        {known ? removedTitle : unknownTitle}
      </h1>
      <p>{known ? removedText : unknownText}</p>
      <Button kind="primary" onClick={closeConversation}>
        {texts.messages.header.back}
      </Button>
    </div>
  );
}
