import { useState } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { peopleTexts } from "../../texts/people.ts";
import { texts } from "../../texts/texts.ts";
import { FreshLink } from "../invites/fresh-link.tsx";
import { LinkBox } from "../invites/link-box.tsx";
import { useSession } from "../session/context.ts";
import { registration } from "../session/server.ts";
import "./invite.css";

/** Offers a way to invite a second person to the server. */
export function Invite() {
  const { isSuperuser } = useSession();
  const [isMade, setMade] = useState(false);
  if (!isSuperuser.value)
    return registration === "open" && !isLocal() ? (
      <div class="invite">
        <p class="soft">{peopleTexts.inviteByAddress}</p>
        <LinkBox url={location.origin} />
      </div>
    ) : (
      <p class="soft invite">{peopleTexts.inviteByAdmin}</p>
    );
  return (
    <div class="invite">
      <p class="soft">{peopleTexts.invite}</p>
      {isMade ? (
        <FreshLink />
      ) : (
        <Button icon="link" onClick={() => setMade(true)}>
          {texts.links.create}
        </Button>
      )}
      <p class="soft small">{peopleTexts.inviteThen}</p>
    </div>
  );
}

/** Whether other machines can't reach this address. */
const isLocal = () => /^(localhost|127\.|\[::1\])/.test(location.hostname);
