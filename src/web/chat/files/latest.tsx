import type { Conversation } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { fileTexts } from "../../texts/files.ts";
import { showAside } from "../base/aside.ts";
import { Grid } from "./list.tsx";
import { useFilePages } from "./use-file-pages.ts";
import "./list.css";

const SHOWN = 4;
const KINDS = ["image", "video"] as const;

/** The last pictures of a conversation, and the way to all of its files. */
export function LatestFiles({ conversation }: { conversation: Conversation }) {
  const { files = [] } = useFilePages(conversation, KINDS, SHOWN);
  return (
    <section class="files-latest" aria-label={fileTexts.list.title}>
      <header>
        <h3>{fileTexts.list.title}</h3>
        <Button icon="files" onClick={() => showAside({ conversationId: conversation.id, name: "files" })}>
          {fileTexts.list.all}
        </Button>
      </header>
      {files.length > 0 && <Grid conversation={conversation} files={files.slice(0, SHOWN)} />}
    </section>
  );
}
