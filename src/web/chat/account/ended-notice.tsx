import { Button } from "../../design/button.tsx";
import { confirm } from "../../design/confirm.ts";
import { Icon } from "../../design/icon.tsx";
import { accountTexts } from "../../texts/account.ts";
import { texts } from "../../texts/texts.ts";
import { useSession } from "../session/context.ts";
import { endedElsewhere, unsentLeft } from "./sign-out.ts";

/** Says that the session has ended unexpectedly, and whether messages are still unsent. */
export function EndedNotice() {
  const { client } = useSession();
  const left = unsentLeft.value;
  if (!endedElsewhere.value) return null;

  async function discard(userId: number) {
    const { discardTitle: title, discardText: text, discardUnsent: action } = accountTexts;
    if (!(await confirm({ title, text, action, danger: true }))) return;
    await client.discardUnsent(userId);
    unsentLeft.value = undefined;
  }

  return (
    <div class="account-notice">
      <Icon name="info" />
      <div>
        <p>{texts.shell.endedElsewhere}</p>
        {left && (
          <>
            <p>{accountTexts.unsent(left.messages)}</p>
            <Button kind="danger" icon="trash" onClick={() => void discard(left.userId)}>
              {accountTexts.discardUnsent}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}
