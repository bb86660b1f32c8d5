import { useRef, useState } from "preact/hooks";
import { Button, IconButton } from "../../design/button.tsx";
import { confirm } from "../../design/confirm.tsx";
import { copyText } from "../../design/copy-text.ts";
import { FormMessage } from "../../design/form.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { toast } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { useTask } from "../base/task.ts";
import { type Invite, revokeInvite } from "./invite.ts";

export interface ActiveLinksProps {
  invites: readonly Invite[] | undefined;
  onRevoked: (invite: Invite) => void;
  onMore: (() => void) | undefined;
}

/** The links that still work: who made them, how often they were used, and an end to them. */
export function ActiveLinks({ invites, onRevoked, onMore }: ActiveLinksProps) {
  const task = useTask();
  const [ended, setEnded] = useState<ReadonlySet<string>>(new Set());
  const list = useRef<HTMLUListElement>(null);
  if (!invites) return <Skeleton lines={3} />;
  const active = invites.filter(({ state, code }) => state === "active" && !ended.has(code));

  async function revoke(invite: Invite) {
    const { revokeTitle: title, revokeText: text, revoke: action } = texts.invites;
    if (!(await confirm({ title, text, action, danger: true }))) return;
    if (!(await task.run(() => revokeInvite(invite.code)))) return;
    setEnded((before) => new Set([...before, invite.code]));
    // Its button is gone.
    list.current?.focus();
    toast(texts.invites.revoked);
    onRevoked(invite);
  }

  return (
    <section>
      <h3 class="invites-title">{texts.invites.active}</h3>
      <FormMessage text={task.fault} />
      {active.length === 0 && <p class="soft">{texts.invites.none}</p>}
      <ul class="rows invites-links" ref={list} tabIndex={-1} aria-label={texts.invites.active}>
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
            <IconButton icon="copy" label={texts.invites.copy} onClick={() => void copy(invite)} />
            <Button
              kind="quiet"
              aria-label={texts.invites.revokeOf(invite.code)}
              busy={task.busy}
              onClick={() => void revoke(invite)}
            >
              {texts.invites.revoke}
            </Button>
          </li>
        ))}
      </ul>
      {onMore && (
        <Button wide onClick={onMore}>
          {texts.invites.more}
        </Button>
      )}
    </section>
  );
}

const factsOf = ({ uses, max_uses, expires_at, created_by }: Invite) =>
  [
    texts.invites.used(uses, max_uses),
    expires_at === null ? texts.invites.endless : texts.invites.until(expires_at),
    texts.invites.by(created_by.full_name),
  ].join(" · ");

async function copy({ url }: Invite) {
  await copyText(url);
  toast(texts.invites.copied);
}
