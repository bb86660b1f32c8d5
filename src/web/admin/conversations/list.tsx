import type { AdminConversation, AdminUser } from "../../../protocol/admin.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Button } from "../../design/button.tsx";
import { adminTexts } from "../../texts/admin/texts.ts";
import { useLoad } from "../base/load.ts";
import { pathOf, route, setQuery } from "../base/routing.ts";
import { titleOf } from "../parts/conversation-title.ts";
import { Moment } from "../parts/moment.tsx";
import { Body, Page } from "../parts/page.tsx";
import { Pager, pageOf } from "../parts/pager.tsx";
import { SearchBox } from "../parts/search-box.tsx";

const SIZE = 50;
const REFRESH_MS = 20_000;
const { conversations: texts } = adminTexts;

export function Conversations() {
  const { query } = route.value;
  const [search, page, participant] = [query.get("search") ?? "", pageOf(query), query.get("participant") ?? ""];
  const asked = new URLSearchParams({ search, limit: String(SIZE), offset: String(page * SIZE) });
  if (participant) asked.set("participant", participant);
  const loaded = useLoad<AdminConversation[]>(`conversations/?${asked}`, REFRESH_MS);
  return (
    <Page title={adminTexts.views.conversations}>
      <div class="filters">
        <SearchBox label={texts.search} value={search} />
        {participant && <OfPerson id={participant} />}
      </div>
      <Body loaded={loaded}>
        {(conversations) => (
          <>
            {conversations.length === 0 ? (
              <p class="empty">{adminTexts.nothing}</p>
            ) : (
              <Table conversations={conversations} />
            )}
            <Pager page={page} size={SIZE} meta={loaded.answer?.meta} />
          </>
        )}
      </Body>
    </Page>
  );
}

/** Names the person whose conversations are listed. A press shows all conversations again. */
function OfPerson({ id }: { id: string }) {
  const { answer } = useLoad<AdminUser>(`users/${encodeURIComponent(id)}/`);
  return (
    <Button icon="close" onClick={() => setQuery({ participant: "", page: "" })}>
      {texts.ofPerson(answer?.data?.full_name ?? `#${id}`)}
    </Button>
  );
}

function Table({ conversations }: { conversations: AdminConversation[] }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th>{texts.conversation}</th>
          <th class="number wide">{texts.members}</th>
          <th class="number">{texts.messages}</th>
          <th class="wide">{texts.lastActive}</th>
          <th class="wide">{texts.created}</th>
        </tr>
      </thead>
      <tbody>
        {conversations.map((conversation) => (
          <tr key={conversation.id}>
            <td>
              <span class="person">
                <Avatar name={titleOf(conversation)} id={conversation.id} group={conversation.is_group} size="s" />
                <span class="person-texts">
                  <a href={pathOf("conversations", conversation.id)} dir="auto">
                    {titleOf(conversation)}
                  </a>
                  <span class="soft">
                    {conversation.is_group ? texts.group(conversation.participant_count) : texts.oneOnOne}
                  </span>
                </span>
              </span>
            </td>
            <td class="number wide">{adminTexts.number(conversation.participant_count)}</td>
            <td class="number">{adminTexts.number(conversation.message_count)}</td>
            <td class="wide">
              <Moment at={conversation.updated_at} ago />
            </td>
            <td class="wide">
              <Moment at={conversation.created_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
