import { useEffect, useRef } from "preact/hooks";
import { Button, IconButton } from "../../design/button.tsx";
import { isComposing } from "../../design/keys.ts";
import { Spinner } from "../../design/spinner.tsx";
import { announce } from "../../design/toast.tsx";
import { voiceTexts } from "../../texts/voice.ts";
import { clock } from "../files/clock.ts";
import { forget } from "../files/playing.ts";
import type { ComposerPartProps } from "../messages/composer-part.ts";
import { focusComposer } from "../messages/focus.ts";
import { Live, Preview } from "./parts.tsx";
import { sendRecording } from "./send.ts";
import { discardRecording, rest } from "./start.ts";
import { keepRecording, recordings } from "./state.ts";
import "./panel.css";

/** A voice message while it is recorded, and until it is sent. */
export function VoicePanel({ conversation, field }: ComposerPartProps) {
  const recording = recordings.value.get(conversation.id);
  const element = useRef<HTMLDivElement>(null);
  const state = recording?.state.value;
  // The focus follows to the button that goes on: the one that has it may be gone.
  useEffect(() => {
    const within = element.current?.contains(document.activeElement) || document.activeElement === document.body;
    if (within || state === "recording") element.current?.querySelector<HTMLElement>("[data-first]")?.focus();
    if (state === "recording") announce(voiceTexts.recording);
    if (state === "paused") announce(voiceTexts.paused);
    if (state === "done") announce(voiceTexts.done(clock(recording?.seconds.peek() ?? 0)));
  }, [state]);
  useEffect(() => () => recording && rest(conversation, recording), [recording]);
  if (!recording || !state) return null;

  const leave = () => {
    const playing = recording.recorded.peek()?.file.id;
    if (playing !== undefined) forget(playing);
    focusComposer(field.current);
  };
  const discard = () => {
    leave();
    void discardRecording(conversation);
  };
  const send = async () => {
    const recorded = await recording.finish();
    if (!recorded || recorded.duration === 0) return;
    leave();
    keepRecording(conversation.id, undefined);
    sendRecording(conversation, recorded);
  };
  return (
    <section
      ref={element}
      class="voice"
      aria-label={voiceTexts.title}
      data-state={state}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || isComposing(event)) return;
        event.preventDefault();
        discard();
      }}
    >
      {state === "asking" ? (
        <p class="voice-text">
          <Spinner />
          {voiceTexts.asking}
        </p>
      ) : state === "refused" ? (
        <>
          <p class="voice-text" role="alert">
            {voiceTexts.refusals[recording.refusal.value]}
          </p>
          <Button icon="retry" data-first onClick={() => void recording.start()}>
            {voiceTexts.retry}
          </Button>
        </>
      ) : state === "done" ? (
        <Preview recording={recording} />
      ) : (
        <Live recording={recording} isPaused={state === "paused"} />
      )}
      <IconButton
        icon={state === "refused" || state === "asking" ? "close" : "trash"}
        label={state === "refused" ? voiceTexts.close : voiceTexts.discard}
        keys="Esc"
        onClick={discard}
      />
      {(state === "recording" || state === "paused") && (
        <IconButton icon="stop" label={voiceTexts.stop} onClick={() => void recording.finish()} />
      )}
      {state !== "asking" && state !== "refused" && (
        <IconButton class="composer-send" icon="send" label={voiceTexts.send} data-first onClick={() => void send()} />
      )}
    </section>
  );
}
