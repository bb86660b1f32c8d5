import { useState } from "preact/hooks";
import type { AdminUserDetail } from "../../../protocol/admin.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Button } from "../../design/button.tsx";
import { avatarOf } from "../../design/pictures.ts";
import { adminTexts } from "../../texts/admin/texts.ts";
import { act, make } from "../base/act.ts";
import { useLoad } from "../base/load.ts";
import { useOwnId } from "../base/own-id.ts";
import { pathOf } from "../base/routing.ts";
import { Facts } from "../parts/facts.tsx";
import { LinkDialog, type MadeLink } from "../parts/link.tsx";
import { Moment } from "../parts/moment.tsx";
import { Body, Page } from "../parts/page.tsx";
import { Badges } from "../parts/person.tsx";

const REFRESH_MS = 10_000;
const { users: texts } = adminTexts;

const counted = (count: number, isExact: boolean) =>
  isExact ? adminTexts.number(count) : texts.atLeast(adminTexts.number(count));

export function UserPage({ id }: { id: string }) {
  const loaded = useLoad<AdminUserDetail>(`users/${id}/`, REFRESH_MS);
  const user = loaded.answer?.data;
  return (
    <Page
      title={user?.full_name ?? adminTexts.views.users}
      back={{ href: pathOf("users"), label: adminTexts.views.users }}
    >
      <Body loaded={loaded}>{(user) => <User user={user} reload={loaded.reload} />}</Body>
    </Page>
  );
}

function User({ user, reload }: { user: AdminUserDetail; reload: () => Promise<void> }) {
  const isMe = useOwnId() === user.id;
  return (
    <>
      <div class="lead">
        <Avatar name={user.full_name} id={user.id} picture={avatarOf(user, 256)} size="l" />
        <div class="lead-texts">
          <p dir="auto">{user.email}</p>
          <Badges user={user} isMe={isMe} />
        </div>
      </div>
      <Actions user={user} isMe={isMe} reload={reload} />
      <Facts
        facts={[
          [texts.id, user.id],
          [texts.lastSeen, <Moment key="seen" at={user.last_seen} ago />],
          [texts.joined, <Moment key="joined" at={user.date_joined} />],
          [texts.openSockets, adminTexts.number(user.open_sockets)],
          [texts.messagesSent, counted(user.messages_sent, user.messages_sent_exact)],
          [
            texts.conversations,
            <a key="conversations" href={`${pathOf("conversations")}?participant=${user.id}`}>
              {counted(user.conversation_count, user.conversation_count_exact)}
            </a>,
          ],
          [
            adminTexts.views.audit,
            <a key="audit" href={`${pathOf("audit")}?target_type=user&target_id=${user.id}`}>
              {texts.auditOf}
            </a>,
          ],
        ]}
      />
      <Sessions user={user} reload={reload} />
    </>
  );
}

function Actions({ user, isMe, reload }: { user: AdminUserDetail; isMe: boolean; reload: () => Promise<void> }) {
  const change = async (
    action: Exclude<keyof typeof texts.actions, "removePicture">,
    body: object,
    danger: boolean,
  ) => {
    const { label, question, done } = texts.actions[action];
    const { title, text } = question(user.full_name);
    const asked = { title, text, action: label, danger };
    if (await act(asked, { method: "PATCH", path: `users/${user.id}/`, body, done: done(user.full_name) }))
      await reload();
  };
  const removePicture = async () => {
    const { label, question, done } = texts.actions.removePicture;
    const { title, text } = question(user.full_name);
    const asked = { title, text, action: label, danger: true };
    const request = { method: "DELETE", path: `users/${user.id}/avatar/`, done: done(user.full_name) };
    if (await act(asked, request)) await reload();
  };
  const [link, setLink] = useState<MadeLink>();
  const makeLink = async () => {
    const { label, question } = texts.passwordLink;
    const { title, text } = question(user.full_name);
    const made = await make<MadeLink>({ title, text, action: label }, { path: `admin/users/${user.id}/reset-link/` });
    if (made) setLink(made);
  };
  if (isMe) return <p class="notice">{texts.thisIsYou}</p>;
  return (
    <div class="actions">
      {user.is_active ? (
        <Button kind="danger" icon="user-remove" onClick={() => change("deactivate", { is_active: false }, true)}>
          {texts.actions.deactivate.label}
        </Button>
      ) : (
        <Button icon="user-add" onClick={() => change("reactivate", { is_active: true }, false)}>
          {texts.actions.reactivate.label}
        </Button>
      )}
      {user.is_superuser ? (
        <Button icon="shield" onClick={() => change("revoke", { is_superuser: false }, true)}>
          {texts.actions.revoke.label}
        </Button>
      ) : (
        <Button icon="shield" onClick={() => change("grant", { is_superuser: true }, false)}>
          {texts.actions.grant.label}
        </Button>
      )}
      {user.is_active && (
        <Button icon="link" onClick={makeLink}>
          {texts.passwordLink.label}
        </Button>
      )}
      {user.avatar !== undefined && (
        <Button icon="trash" onClick={removePicture}>
          {texts.actions.removePicture.label}
        </Button>
      )}
      {link && (
        <LinkDialog
          title={texts.passwordLink.done(user.full_name)}
          text={texts.passwordLink.text}
          link={link}
          onClose={() => setLink(undefined)}
        />
      )}
    </div>
  );
}

function Sessions({ user, reload }: { user: AdminUserDetail; reload: () => Promise<void> }) {
  const path = `users/${user.id}/sessions/`;
  const { sessions } = texts;
  const end = async (id?: string) => {
    const { title, text } = id === undefined ? sessions.endAll(user.full_name) : sessions.endOne(user.full_name);
    const asked = { title, text, action: id === undefined ? sessions.endAllLabel : sessions.endLabel, danger: true };
    const to = id === undefined ? path : `${path}${id}/`;
    if (await act(asked, { method: "DELETE", path: to, done: sessions.done })) await reload();
  };
  return (
    <section>
      <div class="section-head">
        <h2>{sessions.title}</h2>
        {user.sessions.length > 1 && (
          <Button icon="sign-out" onClick={() => end()}>
            {sessions.endAllLabel}
          </Button>
        )}
      </div>
      {user.sessions.length === 0 ? (
        <p class="empty">{sessions.none}</p>
      ) : (
        <table class="table">
          <thead>
            <tr>
              <th>{sessions.client}</th>
              <th class="wide">{sessions.address}</th>
              <th>{sessions.lastUsed}</th>
              <th class="wide">{sessions.created}</th>
              <th>
                <span class="visually-hidden">{adminTexts.actions}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {user.sessions.map((session) => (
              <tr key={session.id}>
                <td class="cut" title={session.client}>
                  <span dir="auto">{session.client || sessions.unknown}</span>
                </td>
                <td class="wide code">{session.address}</td>
                <td>
                  <Moment at={session.last_used_at} ago />
                </td>
                <td class="wide">
                  <Moment at={session.created_at} />
                </td>
                <td class="end">
                  <Button onClick={() => end(session.id)}>{sessions.endLabel}</Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {!user.sessions_exact && <p class="soft">{sessions.more(user.sessions.length)}</p>}
    </section>
  );
}
