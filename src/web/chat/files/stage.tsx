import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { MessageFile } from "../../../sdk/public/files.ts";
import { kindOf } from "../../../text/files.ts";
import { Button } from "../../design/button.tsx";
import { fileTexts } from "../../texts/files.ts";
import { addressOf, screenAddressOf } from "./address.ts";
import { Gestures } from "./gestures.ts";
import { shownName } from "./names.ts";
import { placeholderOf } from "./placeholder.ts";
import { usePicture } from "./use-picture.ts";
import { VideoPlayer } from "./video.tsx";

/** The longer side of the form that is shown first, in pixels. */
const SCREEN = 1280;
/** Bytes. Larger originals are loaded only for somebody who enlarges the picture. */
const SMALL = 5_000_000;

interface StageProps {
  file: MessageFile;
  gestures: RefObject<Gestures | null>;
  /** The picture is enlarged so many times. */
  onScale: (scale: number) => void;
  onSwipe: (way: 1 | -1) => void;
  onClose: () => void;
}

/** One picture as large as its place allows, or a video. */
export function Stage({ file, gestures, onScale, onSwipe, onClose }: StageProps) {
  const stage = useRef<HTMLDivElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const [isClose, setClose] = useState(false);
  const calls = useRef({ onScale, onSwipe, onClose });
  calls.current = { onScale, onSwipe, onClose };
  const isPicture = kindOf(file) === "image";
  useLayoutEffect(() => {
    const element = stage.current;
    if (!element || !isPicture) return;
    const followed = new Gestures(element, () => sheet.current, {
      onView({ scale, x, y }, pulled) {
        const { style } = sheet.current ?? {};
        if (!style) return;
        style.transform = `translate(${x + (pulled?.x ?? 0)}px, ${y + Math.max(0, pulled?.y ?? 0)}px) scale(${scale})`;
        if (scale > 1) setClose(true);
        element.dataset["scaled"] = String(scale > 1);
        calls.current.onScale(scale);
      },
      onSwipe: (way) => calls.current.onSwipe(way),
      onPullDown: () => calls.current.onClose(),
      onBeside: () => calls.current.onClose(),
    });
    gestures.current = followed;
    return () => {
      followed.end();
      gestures.current = null;
    };
  }, [isPicture]);
  return (
    <div ref={stage} class="viewer-stage">
      {isPicture ? (
        <Whole file={file} sheet={sheet} isClose={isClose} />
      ) : (
        <div class="viewer-video">
          <VideoPlayer file={file} isOpen />
        </div>
      )}
    </div>
  );
}

/** A picture in a form that fits the screen, and over it the original where that is sharper. */
function Whole({
  file,
  sheet,
  isClose,
}: {
  file: MessageFile;
  sheet: RefObject<HTMLDivElement | null>;
  isClose: boolean;
}) {
  const { width = 1, height = 1, bytes, alt } = file;
  const picture = usePicture(file);
  const [isTooSmall, setTooSmall] = useState(false);
  useEffect(() => {
    const shown = Math.max(sheet.current?.offsetWidth ?? 0, sheet.current?.offsetHeight ?? 0) * devicePixelRatio;
    setTooSmall(shown > 1.25 * SCREEN);
  }, []);
  const screen = screenAddressOf(file);
  const whole = addressOf(file);
  const isSharper = whole !== screen && Math.max(width, height) > SCREEN;
  if (picture.state === "failed")
    return (
      <div class="viewer-failed">
        <p>{fileTexts.notLoaded}</p>
        <Button icon="retry" onClick={picture.retry}>
          {fileTexts.tapToRetry}
        </Button>
      </div>
    );
  return (
    <div
      ref={sheet}
      class="viewer-picture"
      style={{
        aspectRatio: width / height,
        inlineSize: `min(100cqi, 100cqb * ${width / height}, max(${width}px, 12rem))`,
        backgroundImage: placeholderOf(file.placeholder, picture.state === "shown") ?? "none",
      }}
    >
      <img
        key={picture.key}
        src={screen}
        alt={alt || shownName(file.name)}
        width={width}
        height={height}
        draggable={false}
        {...picture.on}
      />
      {isSharper && picture.state === "shown" && (isClose || (isTooSmall && bytes <= SMALL)) && (
        <img
          class="viewer-sharp"
          src={whole}
          alt=""
          draggable={false}
          onError={(event) => event.currentTarget.remove()}
        />
      )}
    </div>
  );
}
