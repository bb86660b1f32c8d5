import { useRef, useState } from "preact/hooks";
import { Button, IconButton } from "../../design/button.tsx";
import { confirm } from "../../design/confirm.ts";
import { copyText } from "../../design/copy-text.ts";
import { FormMessage } from "../../design/form.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { toast } from "../../design/toast.tsx";
import { inviteTexts } from "../../texts/invites.ts";
import { texts } from "../../texts/texts.ts";
import { useTask } from "../base/task.ts";
import { useSession } from "../session/context.ts";
import { type Invite, revokeInvite } from "./invite.ts";
import "./invites.css";

export interface ActiveLinksProps {
  invites: readonly Invite[] | undefined;
  onRevoked: (invite: Invite) => void;
  onMore: (() => void) | undefined;
}

/** The links that still work, with their creators and uses, and a button to revoke each. */
export function ActiveLinks({ invites, onRevoked, onMore }: ActiveLinksProps) {
  const { client } = useSession();
  const task = useTask();
  const [ended, setEnded] = useState<ReadonlySet<string>>(new Set());
  const list = useRef<HTMLUListElement>(null);
  if (!invites) return <Skeleton lines={3} />;
  const active = invites.filter(({ state, code }) => state === "active" && !ended.has(code));

  async function revoke(invite: Invite) {
    const { revokeTitle: title, revokeText: text, revoke: action } = inviteTexts;
    if (!(await confirm({ title, text, action, danger: true }))) return;
    if (!(await task.run(() => revokeInvite(client, invite.code)))) return;
    setEnded((before) => new Set([...before, invite.code]));
    // The focused button is gone with its link.
    list.current?.focus();
    toast(inviteTexts.revoked);
    onRevoked(invite);
  }

  return (
    <section>
      <h3 class="invites-title">{inviteTexts.active}</h3>
      <FormMessage text={task.fault} />
      {active.length === 0 && <p class="soft">{inviteTexts.none}</p>}
      <ul class="rows invites-links" ref={list} tabIndex={-1} aria-label={inviteTexts.active}>
        {active.map((invite) => (
          <li key={invite.code} class="row row-tight">
            <div class="row-texts">
              <p class="row-title">
                <code class="clip" dir="ltr">
                  {invite.code}
                </code>
                {invite.conversation && <bdi class="badge clip">{invite.conversation.display_name}</bdi>}
              </p>
              <p class="soft small" dir="auto">
                {factsOf(invite)}
              </p>
            </div>
            <IconButton icon="copy" label={texts.links.copy} onClick={() => void copy(invite)} />
            <Button
              kind="quiet"
              aria-label={inviteTexts.revokeOf(invite.code)}
              busy={task.busy}
              onClick={() => void revoke(invite)}
            >
              {inviteTexts.revoke}
            </Button>
          </li>
        ))}
      </ul>
      {onMore && (
        <Button wide onClick={onMore}>
          {texts.design.more}
        </Button>
      )}
    </section>
  );
}

const factsOf = ({ uses, max_uses, expires_at, created_by }: Invite) =>
  [
    inviteTexts.used(uses, max_uses),
    expires_at === null ? inviteTexts.endless : inviteTexts.until(expires_at),
    inviteTexts.by(created_by.full_name),
  ].join(" · ");

async function copy({ url }: Invite) {
  await copyText(url);
  toast(texts.links.copied);
}
