import type { MessageFile } from "../../../sdk/public/files.ts";
import { Icon } from "../../design/icon.tsx";
import { fileTexts } from "../../texts/files.ts";
import { type Sources, sourcesOf } from "./address.ts";
import { placeholderOf } from "./placeholder.ts";
import type { usePicture } from "./use-picture.ts";

interface PictureProps {
  file: MessageFile;
  picture: ReturnType<typeof usePicture>;
  sources?: Sources;
  /** The width on the screen, for the choice of a source. */
  sizes?: string;
}

/** A picture that fills its place. Its blurred form stands there until it is loaded. */
export function Picture({ file, picture, sources = sourcesOf(file), sizes }: PictureProps) {
  const { state, key, on } = picture;
  if (state === "failed")
    return (
      <span class="picture picture-failed" aria-hidden="true">
        <Icon name="retry" />
        <span>{fileTexts.notLoaded}</span>
      </span>
    );
  const placeholder = placeholderOf(file.placeholder, state === "shown");
  return (
    <span class="picture" style={{ backgroundImage: placeholder ?? "none" }} data-state={state}>
      <img
        key={key}
        {...sources}
        sizes={sources.srcset && sizes}
        // The button around it has the name.
        alt=""
        width={file.width}
        height={file.height}
        loading="lazy"
        decoding="async"
        draggable={false}
        {...on}
      />
    </span>
  );
}
