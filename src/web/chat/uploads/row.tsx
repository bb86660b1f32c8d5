import type { ComponentType } from "preact";
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { onUploads, retryUpload, uploadState } from "../../../sdk/features/files.ts";
import type { Conversation } from "../../../sdk/index.ts";
import type { PendingUpload } from "../../../sdk/public/uploads.ts";
import { IconButton } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { uploadTexts } from "../../texts/uploads.ts";
import { localUrl } from "../files/local.ts";
import type { ComposerPartProps } from "../messages/composer-part.ts";
import { AltDialog } from "./alt-dialog.tsx";
import { moveAttached, reasonOf, removeAttached } from "./attach-files.ts";
import { attachedTo } from "./attached.ts";
import "./row.css";

/** The files that the next message will have. */
export const AttachedRow: ComponentType<ComposerPartProps> = ({ conversation, field }) => {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const list = useRef<HTMLUListElement>(null);
  const [described, setDescribed] = useState<PendingUpload>();
  const uploads = attachedTo(conversation);
  useEffect(() => onUploads(conversation, () => redraw(undefined)), [conversation]);
  // New files come at the end.
  useEffect(() => list.current?.scrollTo({ left: list.current.scrollWidth }), [uploads.length]);

  /** The focus goes to the next file, or to the text. */
  function remove(upload: PendingUpload, place: number) {
    const hadFocus = list.current?.contains(document.activeElement);
    removeAttached(conversation, upload);
    if (!hadFocus) return;
    const items = list.current?.querySelectorAll<HTMLElement>("[data-attached]") ?? [];
    const next = items[place + 1] ?? items[place - 1];
    (next?.querySelector<HTMLElement>("button") ?? field.current)?.focus();
  }

  function onKeyDown(event: KeyboardEvent, upload: PendingUpload, place: number) {
    if (event.key === "Delete" || event.key === "Backspace") remove(upload, place);
    else if (event.shiftKey && event.key === "ArrowLeft") moveAttached(conversation, upload, -1);
    else if (event.shiftKey && event.key === "ArrowRight") moveAttached(conversation, upload, 1);
    else if (event.key === "Escape") field.current?.focus();
    else return;
    event.preventDefault();
  }

  return (
    <>
      <ul ref={list} class="attached" aria-label={uploadTexts.label}>
        {uploads.map((upload, place) => (
          <li
            key={upload.id}
            class="attached-file"
            data-attached
            onKeyDown={(event) => onKeyDown(event, upload, place)}
          >
            <Attached
              conversation={conversation}
              upload={upload}
              onRemove={() => remove(upload, place)}
              onDescribe={() => setDescribed(upload)}
            />
          </li>
        ))}
      </ul>
      {described && (
        <AltDialog conversation={conversation} upload={described} onClose={() => setDescribed(undefined)} />
      )}
    </>
  );
};

interface AttachedProps {
  conversation: Conversation;
  upload: PendingUpload;
  onRemove: () => void;
  onDescribe: () => void;
}

function Attached({ conversation, upload, onRemove, onDescribe }: AttachedProps) {
  const { id, name, alt, width, type } = upload;
  const { state, sent, bytes } = uploadState(conversation, upload) ?? {
    state: "waiting",
    sent: 0,
    bytes: upload.bytes,
  };
  const isPicture = width !== undefined && type.startsWith("image/");
  const hasFailed = state === "failed";
  const reason = hasFailed ? reasonOf(conversation, upload) : undefined;
  const part = bytes > 0 ? sent / bytes : 0;
  return (
    <>
      <span class="attached-thumb">
        {isPicture ? <img src={localUrl(id)} alt="" draggable={false} /> : <Icon name="file" />}
      </span>
      <span class="attached-text">
        <bdi class="attached-name clip" title={name}>
          {name}
        </bdi>
        <span class={hasFailed ? "attached-state attached-failed clip" : "attached-state clip"} title={reason}>
          {reason ?? stateText(state, part, upload.bytes)}
        </span>
      </span>
      {hasFailed ? (
        <IconButton icon="retry" label={uploadTexts.retry(name)} onClick={() => retryUpload(conversation, upload)} />
      ) : (
        isPicture && (
          <button
            type="button"
            class={alt ? "attached-alt attached-alt-set" : "attached-alt"}
            aria-label={alt ? uploadTexts.described(name, alt) : uploadTexts.describe(name)}
            title={alt || uploadTexts.describe(name)}
            onClick={onDescribe}
          >
            {uploadTexts.alt}
          </button>
        )
      )}
      <IconButton icon="close" label={uploadTexts.remove(name)} onClick={onRemove} />
      {!hasFailed && state !== "ready" && (
        <progress class="attached-progress" aria-label={name} max={1} value={state === "waiting" ? 0 : part} />
      )}
    </>
  );
}

function stateText(state: string, part: number, bytes: number): string {
  if (state === "waiting") return uploadTexts.waiting;
  if (state === "uploading") return `${uploadTexts.percent(part)} · ${uploadTexts.size(bytes)}`;
  return state === "checking" ? uploadTexts.checking : uploadTexts.ready(bytes);
}
