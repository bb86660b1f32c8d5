import { useEffect, useId, useRef, useState } from "preact/hooks";
import { kindOf } from "../../../text/files.ts";
import { IconButton } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { useModal } from "../../design/use-modal.ts";
import { fileTexts } from "../../texts/files.ts";
import { texts } from "../../texts/texts.ts";
import { type OpenDialog, openDialog } from "../base/open-dialog.ts";
import { navigate, pathTo } from "../base/routing.ts";
import { fullTime, sinceTime } from "../messages/times.ts";
import { useSession } from "../session/context.ts";
import { addressOf, screenAddressOf } from "./address.ts";
import type { Gestures } from "./gestures.ts";
import { shownName } from "./names.ts";
import { canCopy, copyPicture } from "./picture-actions.ts";
import { Stage } from "./stage.tsx";
import { useShown } from "./use-shown.ts";
import { SCALE_MAX } from "./zoom.ts";
import "./viewer.css";

type ViewerProps = Extract<OpenDialog, { kind: "viewer" }>;

/** Pixels by which an arrow key moves an enlarged picture. */
const MOVE = 80;

/** The pictures of a conversation over the whole page, one at a time. */
export function Viewer({ conversationId, shown: first, fileId, from }: ViewerProps) {
  const { viewer } = fileTexts;
  const { client } = useSession();
  const { shown, index, go } = useShown(client, conversationId, first, fileId);
  const element = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const gestures = useRef<Gestures>(null);
  const [scale, setScale] = useState(1);
  const [note, setNote] = useState("");
  const id = useId();
  useModal(element, heading);
  const at = shown[index];
  const isRtl = document.documentElement.dir === "rtl";
  const close = () => {
    openDialog.value = from;
  };
  const step = (way: number) => {
    if (index + way < 0 || index + way >= shown.length) return;
    setScale(1);
    setNote("");
    go(index + way);
  };
  useEffect(() => {
    for (const near of [shown[index + 1], shown[index - 1]])
      if (near && kindOf(near.file) === "image") new Image().src = screenAddressOf(near.file);
  }, [index, shown]);
  if (!at) return null;
  const { file, seq, sender_name, created_at } = at;
  const name = shownName(file.name);
  const isPicture = kindOf(file) === "image";
  const place = viewer.place(index + 1, shown.length);

  const copy = () =>
    copyPicture(file).then(
      () => setNote(viewer.copied),
      () => setNote(viewer.notCopied),
    );

  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const along = isRtl ? -1 : 1;
    const isOnVideo = event.target instanceof HTMLVideoElement;
    const keys: Record<string, () => unknown> = {
      ArrowRight: () => gestures.current?.move(-MOVE, 0) || step(along),
      ArrowLeft: () => gestures.current?.move(MOVE, 0) || step(-along),
      ArrowUp: () => gestures.current?.move(0, MOVE),
      ArrowDown: () => gestures.current?.move(0, -MOVE),
      Home: () => step(-index),
      End: () => step(shown.length - 1 - index),
      PageUp: () => step(-1),
      PageDown: () => step(1),
      "+": () => gestures.current?.zoom(1),
      "=": () => gestures.current?.zoom(1),
      "-": () => gestures.current?.zoom(-1),
      "0": () => gestures.current?.zoom(0),
    };
    const run = keys[event.key];
    if (!run || (isOnVideo && /^Arrow|Home|End/.test(event.key))) return;
    event.preventDefault();
    run();
  }

  return (
    <dialog
      ref={element}
      class="viewer"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onKeyDown={onKeyDown}
    >
      <header class="viewer-head">
        <h2 ref={heading} id={id} tabIndex={-1} class="viewer-title">
          <span class="visually-hidden">{isPicture ? fileTexts.picture(name, file.alt) : fileTexts.video(name)}, </span>
          <bdi class="clip">{sender_name}</bdi>
          <time dateTime={created_at} title={fullTime(created_at)}>
            {sinceTime(created_at)}
          </time>
        </h2>
        {isPicture && (
          <span class="viewer-zoom">
            <IconButton
              icon="zoom-out"
              label={viewer.zoomOut}
              keys="-"
              aria-disabled={scale <= 1}
              onClick={() => gestures.current?.zoom(-1)}
            />
            <IconButton
              icon="zoom-in"
              label={viewer.zoomIn}
              keys="+"
              aria-disabled={scale >= SCALE_MAX}
              onClick={() => gestures.current?.zoom(1)}
            />
          </span>
        )}
        {isPicture && canCopy() && <IconButton icon="copy" label={viewer.copy} onClick={() => void copy()} />}
        <a
          class="icon-button"
          href={addressOf(file)}
          download={file.name}
          aria-label={viewer.download}
          data-tip={viewer.download}
        >
          <Icon name="download" />
        </a>
        {seq !== undefined && (
          <IconButton
            icon="message"
            label={viewer.open}
            onClick={() => {
              openDialog.value = undefined;
              navigate(pathTo("conversation", conversationId, seq));
            }}
          />
        )}
        <IconButton icon="close" label={texts.design.close} keys="Esc" onClick={close} />
      </header>
      <div class="viewer-middle">
        <Stage
          key={`${seq} ${file.id}`}
          file={file}
          gestures={gestures}
          onScale={setScale}
          onSwipe={(way) => step(isRtl ? -way : way)}
          onClose={close}
        />
        {shown.length > 1 && (
          <>
            <IconButton
              class="viewer-step viewer-previous"
              icon="forward"
              label={viewer.previous}
              aria-disabled={index === 0}
              onClick={() => step(-1)}
            />
            <IconButton
              class="viewer-step viewer-next"
              icon="forward"
              label={viewer.next}
              aria-disabled={index === shown.length - 1}
              onClick={() => step(1)}
            />
          </>
        )}
      </div>
      <footer class="viewer-foot">
        <p class="viewer-text" dir="auto">
          {note || file.alt || name}
        </p>
        {shown.length > 1 && <bdi class="viewer-place">{place}</bdi>}
      </footer>
      <p class="visually-hidden" aria-live="polite">
        {note || `${isPicture ? fileTexts.picture(name, file.alt) : fileTexts.video(name)}, ${place}`}
      </p>
    </dialog>
  );
}
