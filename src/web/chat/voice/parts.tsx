import { IconButton } from "../../design/button.tsx";
import { voiceTexts } from "../../texts/voice.ts";
import { clock } from "../files/clock.ts";
import { Sound } from "../files/sound.tsx";
import { Bars } from "../files/waveform.tsx";
import { useSession } from "../session/context.ts";
import { LENGTH_MAX } from "./limits.ts";
import type { Recording } from "./recording.ts";

/** How many of the newest loudnesses are drawn. */
const SHOWN = 48;
/** Seconds before the end, from which on the rest is shown. */
const NEAR = 60;

/** A recording under way: how long it is, and how loud. */
export function Live({ recording, isPaused }: { recording: Recording; isPaused: boolean }) {
  const seconds = recording.seconds.value;
  return (
    <>
      <IconButton
        icon={isPaused ? "mic" : "pause"}
        label={isPaused ? voiceTexts.resume : voiceTexts.pause}
        onClick={() => (isPaused ? recording.resume() : recording.pause())}
      />
      <span class="voice-dot" />
      <bdi class="voice-time" role="timer" aria-label={voiceTexts.length}>
        {clock(seconds)}
      </bdi>
      <Level recording={recording} />
      {seconds > LENGTH_MAX - NEAR && <bdi class="voice-left">−{clock(LENGTH_MAX - seconds)}</bdi>}
    </>
  );
}

function Level({ recording }: { recording: Recording }) {
  const levels = recording.levels.value.slice(-SHOWN);
  return (
    <span class="voice-level" role="img" aria-label={voiceTexts.level}>
      <Bars name="played" bars={[...Array.from({ length: SHOWN - levels.length }, () => 0), ...levels]} />
    </span>
  );
}

/** A recording that waits to be sent. */
export function Preview({ recording }: { recording: Recording }) {
  const { me } = useSession();
  const recorded = recording.recorded.value;
  return recorded ? <Sound file={recorded.file} by={me.value?.full_name ?? ""} tabIndex={0} /> : null;
}
