import { useState } from "preact/hooks";
import type { AdminConversation, AdminUser } from "../../../protocol/admin.ts";
import { Button } from "../../design/button.tsx";
import { toast } from "../../design/toast.tsx";
import { adminTexts } from "../../texts/admin/texts.ts";
import { act } from "../base/act.ts";
import { admin } from "../base/api.ts";
import { useLoad } from "../base/load.ts";
import { navigate, pathOf } from "../base/routing.ts";
import { titleOf } from "../parts/conversation-title.ts";
import { Facts } from "../parts/facts.tsx";
import { Moment } from "../parts/moment.tsx";
import { Body, Page } from "../parts/page.tsx";
import { Badges, Person } from "../parts/person.tsx";
import { Messages } from "./messages.tsx";

const REFRESH_MS = 10_000;
const MEMBERS_A_PAGE = 100;
const { conversations: texts } = adminTexts;

export function ConversationPage({ id }: { id: string }) {
  const loaded = useLoad<AdminConversation>(`conversations/${id}/`, REFRESH_MS);
  const conversation = loaded.answer?.data;
  return (
    <Page
      title={conversation ? titleOf(conversation) : adminTexts.views.conversations}
      back={{ href: pathOf("conversations"), label: adminTexts.views.conversations }}
      tools={conversation && <Remove conversation={conversation} />}
    >
      <Body loaded={loaded}>{(conversation) => <Conversation conversation={conversation} />}</Body>
    </Page>
  );
}

function Conversation({ conversation }: { conversation: AdminConversation }) {
  return (
    <>
      <Facts
        facts={[
          [texts.kind, conversation.is_group ? texts.isGroup : texts.oneOnOne],
          [texts.members, adminTexts.number(conversation.participant_count)],
          [texts.messages, adminTexts.number(conversation.message_count)],
          [texts.changes, adminTexts.number(conversation.last_version)],
          [texts.lastActive, <Moment key="active" at={conversation.updated_at} ago />],
          [texts.created, <Moment key="created" at={conversation.created_at} />],
          [
            texts.id,
            <span key="id" class="code">
              {conversation.id}
            </span>,
          ],
          [
            adminTexts.views.audit,
            <a key="audit" href={`${pathOf("audit")}?target_type=conversation&target_id=${conversation.id}`}>
              {texts.auditOf}
            </a>,
          ],
        ]}
      />
      <Members conversation={conversation} />
      <Messages conversation={conversation} />
    </>
  );
}

function Remove({ conversation }: { conversation: AdminConversation }) {
  const remove = async () => {
    const { label, question, done } = texts.remove;
    const name = titleOf(conversation);
    const { title, text } = question(name, conversation.participant_count, conversation.message_count);
    const asked = { title, text, action: label, danger: true };
    const path = `conversations/${conversation.id}/`;
    if (await act(asked, { method: "DELETE", path, done: done(name) }))
      navigate(pathOf("conversations"), { replace: true });
  };
  return (
    <Button kind="danger" icon="trash" onClick={remove}>
      {texts.remove.label}
    </Button>
  );
}

/** The conversation comes with its first fifty members. The others load on request. */
function Members({ conversation }: { conversation: AdminConversation }) {
  const [more, setMore] = useState<{ users: AdminUser[]; next: number | null }>();
  const [busy, setBusy] = useState(false);
  const users = more?.users ?? conversation.participants;
  const hasMore = more ? more.next !== null : conversation.participant_count > users.length;
  const showMore = async () => {
    setBusy(true);
    try {
      const path = `conversations/${conversation.id}/participants/?limit=${MEMBERS_A_PAGE}&after=${more?.next ?? 0}`;
      const { data = [], meta } = await admin<AdminUser[]>("GET", path);
      const next = meta?.["next_after"];
      setMore({ users: [...(more?.users ?? []), ...data], next: typeof next === "number" ? next : null });
    } catch (error) {
      toast((error as Error).message, { error: true });
    } finally {
      setBusy(false);
    }
  };
  return (
    <section>
      <div class="section-head">
        <h2>{texts.members}</h2>
      </div>
      <ul class="members">
        {users.map((user) => (
          <li key={user.id} class={user.is_active ? undefined : "row-off"}>
            <Person user={user} />
            <Badges user={user} />
            {user.id === conversation.owner_id && conversation.is_group && <span class="badge">{texts.owner}</span>}
          </li>
        ))}
      </ul>
      {hasMore && (
        <Button busy={busy} onClick={showMore}>
          {texts.moreMembers(conversation.participant_count - users.length)}
        </Button>
      )}
    </section>
  );
}
