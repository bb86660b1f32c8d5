import { useLayoutEffect, useState } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { keysText } from "../../design/keys.ts";
import { part } from "../../design/part.tsx";
import { texts } from "../../texts/texts.ts";
import { Mark } from "../base/mark.tsx";
import { openDialog, startConversation } from "../base/open-dialog.ts";
import { useTitle } from "../base/page-title.ts";
import { useIsAlone } from "../people/alone.ts";
import { useSession } from "../session/context.ts";
import { directoryOpen } from "../session/server.ts";

const Invite = part(async () => (await import("../people/invite.tsx")).Invite);

/** The page without an open conversation. */
export function Home() {
  useTitle("");
  const hasConversations = useConversations();
  const isAlone = useIsAlone();
  if (isAlone && !hasConversations) return <Alone />;
  return (
    <div class="home">
      <Mark />
      <h1>{hasConversations ? texts.home.chooseTitle : texts.home.startTitle}</h1>
      <p class="soft">
        {hasConversations ? texts.home.choose : directoryOpen ? texts.home.start : texts.home.notShared}
      </p>
      <div class="form-actions">
        <Button kind="primary" icon="compose" onClick={startConversation}>
          {texts.shell.newConversation}
        </Button>
      </div>
      <ul class="home-keys">
        <li>
          <kbd>{keysText("Mod+K")}</kbd> {texts.keyboard.keys.switcher}
        </li>
        <li>
          <kbd>?</kbd>{" "}
          <button
            type="button"
            class="link"
            onClick={() => {
              openDialog.value = { kind: "keys" };
            }}
          >
            {texts.keyboard.title}
          </button>
        </li>
      </ul>
    </div>
  );
}

/** The page of the first person on a server. */
const Alone = () => (
  <div class="home">
    <Mark />
    <h1>{texts.home.aloneTitle}</h1>
    <Invite props={{}} />
  </div>
);

function useConversations(): boolean {
  const { client } = useSession();
  const [has, setHas] = useState(client.conversations.items.length > 0);
  // Before the next frame, so that no event is missed.
  useLayoutEffect(() => client.on("conversations", () => setHas(client.conversations.items.length > 0)), []);
  return has;
}
