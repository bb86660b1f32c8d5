import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../../design/icon.tsx";
import { archiveTexts } from "../../texts/archive.ts";
import { texts } from "../../texts/texts.ts";
import { useTitle } from "../base/page-title.ts";
import { useSession } from "../session/context.ts";
import { ConversationPane } from "./pane.tsx";
import { ConversationRows } from "./rows.tsx";
import "../base/page.css";

/** The conversations that you have archived. */
export function ArchivePage() {
  useTitle(texts.shell.sections.archive);
  const { client, connection } = useSession();
  const { archived } = client.conversations;
  const pane = useRef<HTMLDivElement>(null);
  const isOnline = connection.value.state === "online";
  useEffect(() => {
    if (isOnline && !archived.isLoaded) void archived.loadMore();
  }, [isOnline]);
  return (
    <section class="page page-archive" aria-labelledby="archive-title">
      <header class="page-head">
        <h1 id="archive-title">{texts.shell.sections.archive}</h1>
        <p class="soft small">{archiveTexts.hint}</p>
      </header>
      <ConversationPane pane={pane}>
        {(focused) => (
          <ConversationRows list={archived} pane={pane} focused={focused}>
            <div class="empty">
              <Icon name="archive" />
              <p class="empty-title">{archiveTexts.empty}</p>
              <p>{archiveTexts.emptyHint}</p>
            </div>
          </ConversationRows>
        )}
      </ConversationPane>
    </section>
  );
}
