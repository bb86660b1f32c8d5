import { useState } from "preact/hooks";
import type { MessageFile } from "../../../sdk/public/files.ts";
import { fileTexts } from "../../texts/files.ts";
import { addressOf } from "./address.ts";
import { shownName } from "./names.ts";
import { takeTurn } from "./playing.ts";

/** Safari draws no image before this moment is asked for. */
const FIRST = "#t=0.001";

/** A video with the controls of the browser. */
export function VideoPlayer({ file, tabIndex, isOpen }: { file: MessageFile; tabIndex?: number; isOpen?: boolean }) {
  const [hasFailed, setFailed] = useState(false);
  const name = shownName(file.name);
  if (hasFailed)
    return (
      <a class="video-failed" href={addressOf(file)} download={file.name} tabIndex={tabIndex}>
        <bdi class="clip">{name}</bdi>
        <span>{fileTexts.notPlayed}</span>
      </a>
    );
  return (
    // biome-ignore lint/a11y/useMediaCaption: people send videos without captions
    <video
      class="video"
      src={`${addressOf(file)}${FIRST}`}
      aria-label={fileTexts.video(name)}
      controls
      playsInline
      preload="metadata"
      tabIndex={tabIndex}
      autoPlay={isOpen}
      onPlay={(event) => takeTurn(event.currentTarget)}
      onError={() => setFailed(true)}
    />
  );
}

/** The first image of a video. */
export const Still = ({ file }: { file: MessageFile }) => (
  <span class="picture">
    <video src={`${addressOf(file)}${FIRST}`} muted playsInline preload="metadata" tabIndex={-1} aria-hidden="true" />
  </span>
);
