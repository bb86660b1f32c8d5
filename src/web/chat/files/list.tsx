import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";
import type { ConversationFile, FileKind } from "../../../sdk/public/conversation-files.ts";
import { kindOf } from "../../../text/files.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { Skeleton, Spinner } from "../../design/spinner.tsx";
import { fileTexts } from "../../texts/files.ts";
import { texts } from "../../texts/texts.ts";
import { isVisual } from "../base/file-kinds.ts";
import type { Aside, AsideProps } from "../base/open-aside.ts";
import { closeDialog, openDialog } from "../base/open-dialog.ts";
import { navigate, pathTo } from "../base/routing.ts";
import { listTime } from "../messages/times.ts";
import { FileCard } from "./card.tsx";
import { dayOf, monthOf } from "./months.ts";
import { Sound } from "./sound.tsx";
import { Tabs } from "./tabs.tsx";
import { Thumb } from "./thumb.tsx";
import { useFilePages } from "./use-file-pages.ts";
import "./list.css";

const PAGE = 40;
type FileGroup = "image" | "video" | "audio" | "other";
const GROUPS: readonly FileGroup[] = ["image", "video", "audio", "other"];
const KINDS: Record<FileGroup, readonly FileKind[]> = {
  image: ["image"],
  video: ["video"],
  audio: ["voice", "audio"],
  other: ["other"],
};
const tabs = GROUPS.map((value) => ({ value, label: fileTexts.list.tabs[value] }));

function Files({ conversation, value }: AsideProps) {
  const [group, setGroup] = useState<FileGroup>(GROUPS.find((one) => one === value) ?? "image");
  const id = useId();
  if (!conversation) return <Skeleton lines={6} />;
  return (
    <>
      <Tabs label={fileTexts.list.kinds} tabs={tabs} value={group} panel={id} onChange={setGroup} />
      <div id={id} role="tabpanel" aria-labelledby={`${id}-${group}`}>
        <Pages key={group} conversation={conversation} group={group} />
      </div>
    </>
  );
}

function Pages({ conversation, group }: { conversation: Conversation; group: FileGroup }) {
  const { list } = fileTexts;
  const { files, hasMore, state, more, again } = useFilePages(conversation, KINDS[group], PAGE);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && more(), { rootMargin: "400px" });
    if (end.current) observer.observe(end.current);
    return () => observer.disconnect();
  }, [files, state]);
  if (!files && state !== "failed") return <Skeleton lines={6} />;
  if (!files)
    return (
      <div role="alert">
        <p>{list.failed}</p>
        <Button icon="retry" onClick={again}>
          {texts.design.tryAgain}
        </Button>
      </div>
    );
  if (files.length === 0)
    return (
      <>
        <p>{list.empty[group]}</p>
        <p class="soft small">{list.emptyHint}</p>
      </>
    );
  const months = Map.groupBy(files, ({ created_at }) => monthOf(created_at));
  return (
    <>
      {[...months].map(([month, found]) => (
        <section key={month} class="file-month" aria-label={month}>
          <h3>{month}</h3>
          {group === "image" || group === "video" ? (
            <Grid conversation={conversation} files={found} all={files} />
          ) : (
            <Rows conversation={conversation} files={found} />
          )}
        </section>
      ))}
      <div ref={end} class="file-end">
        {state === "loading" && (
          <p class="soft small">
            <Spinner /> {list.loading}
          </p>
        )}
        {state === "failed" && (
          <Button icon="retry" onClick={again}>
            {texts.design.tryAgain}
          </Button>
        )}
        {state === "idle" && hasMore && (
          <Button wide onClick={more}>
            {texts.design.more}
          </Button>
        )}
      </div>
    </>
  );
}

interface PartProps {
  conversation: Conversation;
  files: readonly ConversationFile[];
}

/** Pictures and videos. Each opens in the viewer, which goes on to the others. */
export function Grid({ conversation, files, all = files }: PartProps & { all?: readonly ConversationFile[] }) {
  const open = (fileId: string) => {
    openDialog.value = {
      kind: "viewer",
      conversationId: conversation.id,
      shown: all.filter(({ file }) => isVisual(file)).toReversed(),
      fileId,
      from: openDialog.peek(),
    };
  };
  return (
    <ul class="file-grid">
      {files.map(({ file, sender_name, created_at, seq }) => (
        <li key={`${seq} ${file.id}`}>
          <Thumb file={file} note={fileTexts.list.by(sender_name, dayOf(created_at))} onOpen={() => open(file.id)} />
        </li>
      ))}
    </ul>
  );
}

function Rows({ conversation, files }: PartProps) {
  const go = (seq: number) => {
    closeDialog();
    navigate(pathTo("conversation", conversation.id, seq));
  };
  return (
    <ul class="file-rows">
      {files.map(({ file, seq, sender_name, created_at }) => (
        <li key={`${seq} ${file.id}`}>
          <div class="file-row">
            {kindOf(file) === "voice" || kindOf(file) === "audio" ? (
              <Sound file={file} by={sender_name} tabIndex={0} />
            ) : (
              <FileCard file={file} tabIndex={0} />
            )}
            <IconButton icon="message" label={fileTexts.list.goTo} onClick={() => go(seq)} />
          </div>
          <p class="file-by">
            <bdi>{fileTexts.list.by(sender_name, listTime(created_at))}</bdi>
          </p>
        </li>
      ))}
    </ul>
  );
}

export const filesAside: Aside = { title: () => fileTexts.list.title, Body: Files };
