import { useState } from "preact/hooks";
import type { AdminConversation } from "../../../protocol/admin.ts";
import type { Message, MessagePage } from "../../../protocol/messages.ts";
import { labelOfFiles } from "../../../text/files.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { toast } from "../../design/toast.tsx";
import { adminTexts } from "../../texts/admin/texts.ts";
import { act } from "../base/act.ts";
import { admin } from "../base/api.ts";
import { Moment } from "../parts/moment.tsx";

const A_PAGE = 50;
const { conversations: texts } = adminTexts;

/**
 * Puts the newest page below the shown messages. If there is a gap between them, the list starts over with this page.
 */
function withNewest(shown: Message[], page: Message[]): Message[] {
  const first = page[0]?.seq ?? 0;
  const older = shown.filter(({ seq }) => seq < first);
  return older.at(-1)?.seq === first - 1 ? [...older, ...page] : page;
}

/** Messages are private. They load only when the admin asks for them, and the audit log records that. */
export function Messages({ conversation }: { conversation: AdminConversation }) {
  const [messages, setMessages] = useState<Message[]>();
  const [busy, setBusy] = useState(false);
  const [oldest, newest] = [messages?.[0]?.seq, messages?.at(-1)?.seq ?? 0];
  const firstKept = conversation.last_seq - conversation.message_count + 1;

  const ask = async (query: string, joined: (shown: Message[], page: Message[]) => Message[]) => {
    setBusy(true);
    try {
      const path = `conversations/${conversation.id}/messages/?limit=${A_PAGE}${query}`;
      const { data } = await admin<MessagePage>("GET", path);
      setMessages((shown = []) => joined(shown, data?.messages ?? []));
    } catch (error) {
      toast((error as Error).message, { error: true });
    } finally {
      setBusy(false);
    }
  };
  const showNewest = () => ask("", withNewest);
  const showOlder = () => ask(`&before_seq=${oldest}`, (shown, page) => [...page, ...shown]);

  const remove = async (message: Message) => {
    const { label, question, done } = texts.removeMessage;
    const { title, text } = question(message.sender_name);
    const path = `conversations/${conversation.id}/messages/${message.id}/`;
    if (!(await act({ title, text, action: label, danger: true }, { method: "DELETE", path, done }))) return;
    const now = new Date().toISOString();
    setMessages((all) => all?.map((one) => (one.id === message.id ? { ...one, content: "", deleted_at: now } : one)));
  };

  return (
    <section>
      <div class="section-head">
        <h2>{texts.messages}</h2>
      </div>
      {messages === undefined ? (
        <div class="notice">
          <p>{texts.readingIsAudited}</p>
          <Button icon="eye" busy={busy} disabled={conversation.message_count === 0} onClick={showNewest}>
            {texts.show}
          </Button>
        </div>
      ) : (
        <>
          {oldest !== undefined && oldest > firstKept && (
            <Button busy={busy} onClick={showOlder}>
              {texts.older}
            </Button>
          )}
          {messages.length === 0 && <p class="empty">{adminTexts.nothing}</p>}
          <ol class="messages">
            {messages.map((message) => (
              <li key={message.id} class="message">
                <div class="message-head">
                  <strong dir="auto">{message.sender_name}</strong>
                  <Moment at={message.created_at} />
                  <span class="soft">#{message.seq}</span>
                  {message.edited_at && !message.deleted_at && <span class="soft">{texts.edited}</span>}
                </div>
                {message.deleted_at ? (
                  <p class="soft">{texts.deleted}</p>
                ) : (
                  <p class="message-text" dir="auto">
                    {message.content || labelOfFiles(message.files ?? [])}
                  </p>
                )}
                {!message.deleted_at && (
                  <IconButton icon="trash" danger label={texts.removeMessage.label} onClick={() => remove(message)} />
                )}
              </li>
            ))}
          </ol>
          {conversation.last_seq > newest && (
            <Button busy={busy} onClick={showNewest}>
              {texts.newer}
            </Button>
          )}
        </>
      )}
    </section>
  );
}
