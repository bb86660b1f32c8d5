import { useRef, useState } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { part } from "../../design/part.tsx";
import { texts } from "../../texts/texts.ts";
import { startConversation } from "../base/open-dialog.ts";
import { useIsAlone } from "../people/alone.ts";
import { requestCount } from "../requests/requests.ts";
import { useSession } from "../session/context.ts";
import { moveFocus } from "./move-focus.ts";
import { ConversationPane } from "./pane.tsx";
import { ConversationRows } from "./rows.tsx";
import { SearchField } from "./search-field.tsx";

const RequestSection = part(async () => (await import("../requests/section.tsx")).RequestSection);
const SearchResults = part(async () => (await import("./search-results.tsx")).SearchResults);
const Invite = part(async () => (await import("../people/invite.tsx")).Invite);
export const listPreloads = [SearchResults.preload];

/** All conversations, newest first, with a search over conversations and people. */
export function ConversationList() {
  const { client } = useSession();
  const [search, setSearch] = useState("");
  const pane = useRef<HTMLDivElement>(null);
  return (
    <div class="conversations">
      <SearchField value={search} onChange={setSearch} onLeave={() => moveFocus(pane.current, "first")} />
      {search.trim() === "" && requestCount.value > 0 && <RequestSection props={{}} />}
      <ConversationPane pane={pane}>
        {(focused) =>
          search.trim() === "" ? (
            <ConversationRows list={client.conversations} pane={pane} focused={focused}>
              <Nobody />
            </ConversationRows>
          ) : (
            <SearchResults props={{ search: search.trim(), onDone: () => setSearch("") }} />
          )
        }
      </ConversationPane>
    </div>
  );
}

function Nobody() {
  const { empty, emptyHint } = texts.conversations;
  const isAlone = useIsAlone();
  return (
    <div class="conversations-empty">
      <p class="conversations-empty-title">{empty}</p>
      {isAlone ? (
        // On a wide screen the invite is beside the list.
        <div class="narrow-invite">
          <Invite props={{}} />
        </div>
      ) : (
        <p>{emptyHint}</p>
      )}
      <Button kind="primary" icon="compose" onClick={startConversation}>
        {texts.shell.newConversation}
      </Button>
    </div>
  );
}
