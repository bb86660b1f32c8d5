import { useState } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { copyText } from "../../design/copy-text.ts";
import { announce } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { registrationOpen } from "../session/session.ts";

/** Nobody else is on this server yet: how a second person comes. */
export function Invite() {
  const [isCopied, setCopied] = useState(false);
  const address = location.origin;

  async function copy() {
    await copyText(address);
    setCopied(true);
    announce(texts.people.copied);
  }

  if (!registrationOpen) return <p class="soft invite">{texts.people.inviteClosed}</p>;
  return (
    <div class="invite">
      <p class="soft">{texts.people.invite}</p>
      <p class="invite-address">
        <code dir="ltr">{address}</code>
        <Button icon={isCopied ? "check" : "copy"} onClick={() => void copy()}>
          {isCopied ? texts.people.copied : texts.people.copy}
        </Button>
      </p>
      <p class="soft small">{isLocal() ? texts.people.inviteLocal : texts.people.inviteThen}</p>
    </div>
  );
}

/** An address that other machines can't reach. */
const isLocal = () => /^(localhost|127\.|\[::1\])/.test(location.hostname);
