import type { MessageFile } from "../../../sdk/public/files.ts";
import { kindOf } from "../../../text/files.ts";
import { Icon } from "../../design/icon.tsx";
import { fileTexts } from "../../texts/files.ts";
import { isHeld } from "./address.ts";
import { clock } from "./clock.ts";
import { shownName } from "./names.ts";
import { Picture } from "./picture.tsx";
import { galleryOf, rowShape, tileShape } from "./room.ts";
import { UploadBar } from "./upload-bar.tsx";
import { usePicture } from "./use-picture.ts";
import { Still, VideoPlayer } from "./video.tsx";
import "./gallery.css";

interface GalleryProps {
  visuals: readonly MessageFile[];
  tabIndex: number;
  /** How much of a file has arrived, from 0 to 1. `undefined`: it has no way to go. */
  progressOf: (id: string) => number | undefined;
  onOpen: (file: MessageFile) => void;
}

/** The pictures and videos of a message, in their order. */
export function Gallery({ visuals, tabIndex, progressOf, onOpen }: GalleryProps) {
  const { rows, ratio, maxInlineSize } = galleryOf(visuals);
  const [only] = visuals;
  const progress = only && progressOf(only.id);
  const place = { aspectRatio: ratio, maxInlineSize };
  if (only && visuals.length === 1 && kindOf(only) === "video")
    return (
      <div class="gallery" style={place}>
        <VideoPlayer file={only} tabIndex={tabIndex} />
        {progress !== undefined && <UploadBar progress={progress} />}
      </div>
    );
  const shown = rows.flat();
  const hidden = visuals.length - shown.length;
  return (
    <div class="gallery" style={place}>
      {rows.map((row, index) => (
        // Below 1, the sum of them would leave some room free.
        <div key={index} class="gallery-row" style={{ flexGrow: 100 / rowShape(row) }}>
          {row.map((file) => {
            const position = shown.indexOf(file);
            return (
              <Tile
                key={file.id}
                file={file}
                position={position + 1}
                total={visuals.length}
                more={position === shown.length - 1 ? hidden : 0}
                share={row.length === 1 ? 1 : tileShape(file) / rowShape(row)}
                tabIndex={tabIndex}
                progress={progressOf(file.id)}
                onOpen={() => onOpen(file)}
              />
            );
          })}
        </div>
      ))}
    </div>
  );
}

interface TileProps {
  file: MessageFile;
  position: number;
  total: number;
  /** The number of pictures without a tile. */
  more: number;
  /** Its part of the width. */
  share: number;
  tabIndex: number;
  progress: number | undefined;
  onOpen: () => void;
}

function Tile({ file, position, total, more, share, tabIndex, progress, onOpen }: TileProps) {
  const picture = usePicture(file);
  const isVideo = kindOf(file) === "video";
  const name = shownName(file.name);
  const own = isVideo ? fileTexts.video(name) : fileTexts.picture(name, file.alt);
  const hasFailed = picture.state === "failed";
  const placed = total > 1 ? fileTexts.place(own, position, total) : own;
  const label = hasFailed ? fileTexts.retry(own) : more > 0 ? `${placed}, ${fileTexts.moreLabel(more)}` : placed;
  return (
    <button
      type="button"
      class="tile"
      style={{ flexGrow: tileShape(file) }}
      tabIndex={tabIndex}
      aria-haspopup={hasFailed ? undefined : "dialog"}
      title={hasFailed ? fileTexts.tapToRetry : undefined}
      onClick={hasFailed ? picture.retry : onOpen}
    >
      <span class="visually-hidden">{label}</span>
      {isVideo ? (
        <Still file={file} />
      ) : (
        <Picture
          file={file}
          picture={picture}
          sizes={`min(${Math.ceil(27 * share)}rem, ${Math.ceil(100 * share)}vw)`}
        />
      )}
      {isVideo && more === 0 && (
        <span class="tile-play">
          <Icon name="play" />
        </span>
      )}
      {isVideo && file.duration !== undefined && (
        <span class="tile-note" aria-hidden="true">
          {clock(file.duration)}
        </span>
      )}
      {isHeld(file) && (
        <span class="tile-note" aria-hidden="true">
          {fileTexts.animated}
        </span>
      )}
      {progress !== undefined && <UploadBar progress={progress} />}
      {more > 0 && (
        <span class="tile-more" aria-hidden="true">
          {fileTexts.more(more)}
        </span>
      )}
    </button>
  );
}
