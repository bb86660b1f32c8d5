import type { ComponentChildren } from "preact";
import { fileTexts } from "../../texts/files.ts";
import "./upload-bar.css";

/** A file, and along its lower edge how much of it has arrived. `undefined`: it has no way to go. */
export function Underway({ progress, children }: { progress: number | undefined; children: ComponentChildren }) {
  if (progress === undefined) return <>{children}</>;
  return (
    <div class="underway">
      {children}
      <UploadBar progress={progress} />
    </div>
  );
}

export const UploadBar = ({ progress }: { progress: number }) => (
  <span
    class="upload-bar"
    role="progressbar"
    aria-label={fileTexts.sending}
    aria-valuemin={0}
    aria-valuemax={100}
    aria-valuenow={Math.round(100 * progress)}
  >
    <span style={{ inlineSize: `${100 * progress}%` }} />
  </span>
);
