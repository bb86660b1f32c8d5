import { useState } from "preact/hooks";
import type { Invite } from "../../../protocol/invites.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { copyText } from "../../design/copy-text.ts";
import { toast } from "../../design/toast.tsx";
import { adminTexts } from "../../texts/admin/texts.ts";
import { act } from "../base/act.ts";
import { useLoad } from "../base/load.ts";
import { pathOf, route } from "../base/routing.ts";
import { Moment } from "../parts/moment.tsx";
import { Body, Page } from "../parts/page.tsx";
import { Pager, pageOf } from "../parts/pager.tsx";
import { CreateInvite } from "./create.tsx";

const SIZE = 50;
const REFRESH_MS = 20_000;
const { invites: texts } = adminTexts;

export function Invites() {
  const page = pageOf(route.value.query);
  const loaded = useLoad<Invite[]>(`../invites/?limit=${SIZE}&offset=${page * SIZE}`, REFRESH_MS);
  const [isCreating, setCreating] = useState(false);
  return (
    <Page
      title={adminTexts.views.invites}
      tools={
        <Button kind="primary" icon="link" onClick={() => setCreating(true)}>
          {texts.create}
        </Button>
      }
    >
      <p class="intro">{texts.intro}</p>
      {isCreating && <CreateInvite onClose={() => setCreating(false)} onCreated={loaded.reload} />}
      <Body loaded={loaded}>
        {(invites) => (
          <>
            {invites.length === 0 ? (
              <p class="empty">{texts.none}</p>
            ) : (
              <Table invites={invites} reload={loaded.reload} />
            )}
            <Pager page={page} size={SIZE} meta={loaded.answer?.meta} />
          </>
        )}
      </Body>
    </Page>
  );
}

function Table({ invites, reload }: { invites: Invite[]; reload: () => Promise<void> }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th>{texts.into}</th>
          <th class="wide">{texts.madeBy}</th>
          <th>{texts.uses}</th>
          <th class="wide">{texts.expires}</th>
          <th class="wide">{texts.state}</th>
          <th>
            <span class="visually-hidden">{adminTexts.actions}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {invites.map((invite) => (
          <Row key={invite.code} invite={invite} reload={reload} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ invite, reload }: { invite: Invite; reload: () => Promise<void> }) {
  const { code, conversation, created_by, created_at, expires_at, uses, max_uses, state, url } = invite;
  const isActive = state === "active";
  const copy = async () => {
    await copyText(url);
    toast(texts.copied);
  };
  const revoke = async () => {
    const { label, title, text, done } = texts.revoke;
    const asked = { title, text, action: label, danger: true };
    if (await act(asked, { method: "DELETE", path: `../invites/${code}/`, done })) await reload();
  };
  return (
    <tr class={isActive ? undefined : "row-off"}>
      <td>
        <span class="person-texts">
          {conversation ? (
            <a href={pathOf("conversations", conversation.id)} dir="auto">
              {conversation.display_name}
            </a>
          ) : (
            <span>{texts.server}</span>
          )}
          <span class="soft code">{code}</span>
          {!isActive && <span class="narrow soft">{texts.states[state]}</span>}
        </span>
      </td>
      <td class="wide">
        <span class="person-texts">
          <a href={pathOf("users", created_by.id)} dir="auto">
            {created_by.full_name}
          </a>
          <span class="soft">
            <Moment at={created_at} ago />
          </span>
        </span>
      </td>
      <td class="setting">{texts.used(uses, max_uses)}</td>
      <td class="wide">
        <Moment at={expires_at} />
      </td>
      <td class="wide">
        <span class={isActive ? "badge badge-accent" : "badge"}>{texts.states[state]}</span>
        {isActive && !invite.registers && <p class="soft">{texts.membersOnly}</p>}
      </td>
      <td class="end">
        {isActive && (
          <span class="row-tools">
            <IconButton icon="copy" label={texts.copyOf(code)} onClick={() => void copy()} />
            <IconButton icon="trash" danger label={texts.revoke.of(code)} onClick={revoke} />
          </span>
        )}
      </td>
    </tr>
  );
}
