import type { MessageFile } from "../../../sdk/public/files.ts";
import { Icon } from "../../design/icon.tsx";
import { fileTexts } from "../../texts/files.ts";
import { addressOf } from "./address.ts";
import { clock } from "./clock.ts";
import { shownName } from "./names.ts";
import { hasFailed, isPlaying, length, positionOf, SPEEDS, seek, speed, type Track, toggle, track } from "./playing.ts";
import { Waveform } from "./waveform.tsx";
import "./sound.css";

interface SoundProps {
  file: MessageFile;
  /** The name of its sender. */
  by: string;
  tabIndex: number;
  /** The sound that follows it. */
  next?: (() => Track | undefined) | undefined;
}

export const trackOf = (file: MessageFile, by: string, next?: () => Track | undefined): Track => ({
  id: file.id,
  url: addressOf(file),
  title: file.waveform === undefined ? shownName(file.name) : fileTexts.sound.voice(by),
  by,
  duration: file.duration,
  ...(next ? { next } : {}),
});

/** A player: of a voice message with its waveform, or of another sound with its name. */
export function Sound({ file, by, tabIndex, next }: SoundProps) {
  const { sound } = fileTexts;
  const isOwn = track.value?.id === file.id;
  const [isOn, isBroken] = [isOwn && isPlaying.value, isOwn && hasFailed.value];
  const duration = (isOwn ? length.value : undefined) ?? file.duration;
  const at = positionOf(file.id);
  const played = duration ? Math.min(1, at / duration) : 0;
  const press = () => toggle(trackOf(file, by, next));
  const name = shownName(file.name);
  return (
    <fieldset
      class="sound"
      aria-label={file.waveform === undefined ? sound.audio(name) : sound.voice(by)}
      data-playing={isOn}
    >
      <button
        type="button"
        class="sound-play"
        tabIndex={tabIndex}
        aria-label={isBroken ? sound.retry : isOn ? sound.pause : sound.play}
        onClick={press}
      >
        <Icon name={isBroken ? "retry" : isOn ? "pause" : "play"} />
      </button>
      <div class="sound-middle">
        {file.waveform === undefined && (
          <bdi class="sound-name clip" title={name}>
            {name}
          </bdi>
        )}
        <div class="sound-track">
          {file.waveform === undefined ? (
            <span class="sound-bar">
              <span style={{ inlineSize: `${100 * played}%` }} />
            </span>
          ) : (
            <Waveform waveform={file.waveform} played={played} />
          )}
          <input
            type="range"
            tabIndex={tabIndex}
            min={0}
            max={duration ?? 0}
            step={0.01}
            value={at}
            disabled={!duration}
            aria-label={sound.position}
            aria-valuetext={sound.at(clock(at), clock(duration ?? 0))}
            onInput={(event) => seek(file.id, event.currentTarget.valueAsNumber)}
            onKeyDown={(event) => {
              const to = byKey(event, at, duration ?? 0);
              if (event.key === " ") press();
              else if (to === undefined) return;
              else seek(file.id, to);
              event.preventDefault();
            }}
          />
        </div>
      </div>
      <div class="sound-side">
        <bdi class="sound-time">
          {isBroken ? fileTexts.notLoaded : clock(isOwn || at > 0 ? at : (duration ?? 0))}
          {file.waveform === undefined && !isBroken && duration !== undefined && ` / ${clock(duration)}`}
        </bdi>
        <button
          type="button"
          class="sound-speed"
          tabIndex={tabIndex}
          aria-label={sound.speed(sound.speedShown(speed.value))}
          onClick={faster}
        >
          {sound.speedShown(speed.value)}
        </button>
      </div>
    </fieldset>
  );
}

function faster() {
  speed.value = SPEEDS[(SPEEDS.indexOf(speed.peek()) + 1) % SPEEDS.length] ?? "1";
}

/** Seconds. Of a short sound, a step is a tenth. */
const STEP = 5;
const FAR = 3;

/** Where a key leads to in a sound. */
function byKey({ key, altKey, ctrlKey, metaKey }: KeyboardEvent, at: number, duration: number): number | undefined {
  if (altKey || ctrlKey || metaKey) return undefined;
  const step = Math.min(STEP, duration / 10);
  const steps: Record<string, number> = {
    ArrowLeft: at - step,
    ArrowDown: at - step,
    ArrowRight: at + step,
    ArrowUp: at + step,
    PageDown: at - FAR * step,
    PageUp: at + FAR * step,
    Home: 0,
    End: duration,
  };
  const to = steps[key];
  return to === undefined ? undefined : Math.min(Math.max(0, to), duration);
}
