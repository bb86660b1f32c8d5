import type { MessageFile } from "../../../sdk/public/files.ts";
import { kindOf } from "../../../text/files.ts";
import { Icon } from "../../design/icon.tsx";
import { fileTexts } from "../../texts/files.ts";
import { isVisual } from "../base/file-kinds.ts";
import { addressOf, smallAddressOf } from "./address.ts";
import { clock } from "./clock.ts";
import { shownName } from "./names.ts";
import { Picture } from "./picture.tsx";
import { usePicture } from "./use-picture.ts";
import { Still } from "./video.tsx";
import "./gallery.css";

/** A small square of a picture or video, which opens it. */
export function Thumb({ file, note, onOpen }: { file: MessageFile; note: string; onOpen: () => void }) {
  return isVisual(file) ? <Opening file={file} note={note} onOpen={onOpen} /> : <Saving file={file} note={note} />;
}

/** A picture that browsers do not draw. */
function Saving({ file, note }: { file: MessageFile; note: string }) {
  const name = shownName(file.name);
  return (
    <a class="tile thumb" href={addressOf(file)} download={file.name} title={name}>
      <span class="visually-hidden">{`${fileTexts.download(name)}, ${note}`}</span>
      <span class="picture picture-failed" aria-hidden="true">
        <Icon name="file-picture" />
        <bdi class="clip">{name}</bdi>
      </span>
    </a>
  );
}

function Opening({ file, note, onOpen }: { file: MessageFile; note: string; onOpen: () => void }) {
  const picture = usePicture(file);
  const isVideo = kindOf(file) === "video";
  const name = shownName(file.name);
  const own = isVideo ? fileTexts.video(name) : fileTexts.picture(name, file.alt);
  const hasFailed = picture.state === "failed";
  return (
    <button
      type="button"
      class="tile thumb"
      title={note}
      aria-haspopup={hasFailed ? undefined : "dialog"}
      onClick={hasFailed ? picture.retry : onOpen}
    >
      <span class="visually-hidden">{hasFailed ? fileTexts.retry(own) : `${own}, ${note}`}</span>
      {isVideo ? (
        <Still file={file} />
      ) : (
        <Picture file={file} picture={picture} sources={{ src: smallAddressOf(file) }} />
      )}
      {isVideo && (
        <span class="tile-play">
          <Icon name="play" />
        </span>
      )}
      {isVideo && file.duration !== undefined && (
        <span class="tile-note" aria-hidden="true">
          {clock(file.duration)}
        </span>
      )}
    </button>
  );
}
