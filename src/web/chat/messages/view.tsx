import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { isFocusLost } from "../../design/lost-focus.ts";
import { Nothing } from "../../design/stand-in.ts";
import { texts } from "../../texts/texts.ts";
import { otherOf, titleOf } from "../base/conversation-title.ts";
import { later } from "../base/later.tsx";
import { useTitle } from "../base/page-title.ts";
import { closeConversation, linkedReply, navigate, pathTo, route } from "../base/routing.ts";
import { useSession } from "../session/context.ts";
import { useChanges } from "../session/use-changes.ts";
import { Composer } from "./composer.tsx";
import { findLastOwn } from "./edit-last.ts";
import { finding } from "./find/find.ts";
import { ConversationHeader } from "./header.tsx";
import { useLooking } from "./later/use-looking.ts";
import { Loading } from "./loading.tsx";
import { MessageList } from "./message-list.tsx";
import { TypingLine } from "./typing-line.tsx";
import { useAnnounced } from "./use-announced.ts";
import { useEditing } from "./use-editing.ts";
import { useView } from "./use-view.ts";

const FindBar = later(async () => (await import("./find/bar.tsx")).FindBar);

/** The conversation of the address. It is live while it is shown. */
export function ConversationView({ id }: { id: string }) {
  const { client } = useSession();
  const [conversation, setConversation] = useState<Conversation>();
  // Before the next frame: the request for its messages and the page around them do not wait for a paint without them.
  useLayoutEffect(() => {
    const opened = client.open(id);
    setConversation(opened);
    return () => opened.close();
  }, [id]);
  return conversation ? <ConversationPage conversation={conversation} /> : <Nothing />;
}

function ConversationPage({ conversation }: { conversation: Conversation }) {
  const { me } = useSession();
  useChanges(conversation);
  const title = titleOf(conversation, me.value);
  const { parent_id, root_seq } = conversation.info ?? {};
  useTitle(title);
  // A link to a reply leads to its thread.
  useEffect(() => {
    if (!parent_id || !root_seq) return;
    const at = route.peek();
    if (at.page === "conversation" && at.seq) linkedReply.current = { id: at.id, seq: at.seq };
    navigate(pathTo("thread", parent_id, root_seq), { replace: true });
  }, [parent_id]);
  if (parent_id) return null;
  return (
    <OpenConversation conversation={conversation} title={title}>
      <ConversationHeader conversation={conversation} title={title} />
    </OpenConversation>
  );
}

export interface OpenConversationProps {
  conversation: Conversation;
  title: string;
  /** Stands above the messages. */
  children: ComponentChildren;
}

/** The messages of a conversation, and the text field. */
export function OpenConversation({ conversation, title, children }: OpenConversationProps) {
  const { me } = useSession();
  useChanges(conversation);
  useAnnounced(conversation);
  useLooking(conversation);
  const shown = useView(conversation);
  const editing = useEditing(conversation, shown.view);

  async function editLast() {
    const message = await findLastOwn(conversation, me.peek()?.id).catch(() => undefined);
    if (!message) return;
    editing.begin(message);
    // The list may show older messages, without the last one. By now the focus is in the text field: a list takes a lost one.
    if (!shown.view.messages.some(({ key }) => key === message.key)) shown.toEdited(message);
  }

  const other = otherOf(conversation.info, me.value);
  if (conversation.state === "gone") return <Gone known={conversation.info !== undefined} />;
  const isThere = conversation.state !== "loading" || conversation.messages.length > 0;
  const isAwaited = shown.isHeld && isThere ? shown.toNewest : undefined;
  return (
    <section class="conversation" data-conversation={conversation.id} aria-label={title}>
      {children}
      {isThere && finding.value === conversation.id && <FindBar conversation={conversation} shown={shown} />}
      {isThere && !shown.isHeld ? (
        <MessageList
          conversation={conversation}
          shown={shown}
          title={title}
          editing={editing.message?.key}
          onEdit={editing.begin}
        />
      ) : (
        <Loading onNewest={isAwaited} />
      )}
      {other?.is_active === false && <p class="notice">{texts.messages.deactivated(other.full_name)}</p>}
      <TypingLine typists={conversation.typists} />
      <Composer conversation={conversation} title={title} editing={editing} onEditLast={() => void editLast()} />
    </section>
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
