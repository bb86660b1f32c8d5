import { Button } from "../../design/button.tsx";
import { confirm } from "../../design/confirm.tsx";
import { Icon } from "../../design/icon.tsx";
import { texts } from "../../texts/texts.ts";
import { useSession } from "../session/context.ts";
import { endedElsewhere, unsentLeft } from "./sign-out.ts";

/** Says that the session has ended unexpectedly, and whether messages are still unsent. */
export function EndedNotice() {
  const { client } = useSession();
  const left = unsentLeft.value;
  if (!endedElsewhere.value) return null;

  async function discard(userId: number) {
    const { discardTitle: title, discardText: text, discardUnsent: action } = texts.account;
    if (!(await confirm({ title, text, action, danger: true }))) return;
    await client.discardUnsent(userId);
    unsentLeft.value = undefined;
  }

  return (
    <div class="account-notice">
      <Icon name="info" />
      <div>
        <p>{texts.account.endedElsewhere}</p>
        {left && (
          <>
            <p>{texts.account.unsent(left.messages)}</p>
            <Button kind="danger" icon="trash" onClick={() => void discard(left.userId)}>
              {texts.account.discardUnsent}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}
