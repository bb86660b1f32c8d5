import type { Conversation } from "../../../sdk/index.ts";
import { toast } from "../../design/toast.tsx";
import { voiceTexts } from "../../texts/voice.ts";
import { pause } from "../files/playing.ts";
import { Recording } from "./recording.ts";
import { keepRecording, recordings } from "./state.ts";

/** Seconds. Nobody misses a shorter one. */
const MISSED = 2;

/** A name in the order of time: `Voice message 2026-03-09 14.05.webm`. */
function nameOf(ending: string): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return voiceTexts.name(`${day} ${two(now.getHours())}.${two(now.getMinutes())}`, ending);
}

/** Begins to record a voice message. One that waits to be sent stays. */
export function startRecording({ id }: Conversation) {
  if (recordings.peek().has(id)) return;
  // The microphone would hear it.
  pause();
  const recording = new Recording(nameOf);
  keepRecording(id, recording);
  void recording.start();
}

/** Throws a recording away. A longer one can be taken back for a moment. */
export async function discardRecording({ id }: Conversation) {
  const recording = recordings.peek().get(id);
  keepRecording(id, undefined);
  if (!recording) return;
  if (recording.seconds.peek() < MISSED) return recording.drop();
  await recording.finish();
  const undo = () => {
    if (!recordings.peek().has(id)) keepRecording(id, recording);
  };
  toast(voiceTexts.discarded, { action: { label: voiceTexts.undo, run: undo } });
}

/** Turns the microphone off, because another conversation is shown. The recording waits there. */
export function rest({ id }: Conversation, recording: Recording) {
  const state = recording.state.peek();
  if (state !== "asking" && state !== "refused") return void recording.finish();
  recording.drop();
  if (recordings.peek().get(id) === recording) keepRecording(id, undefined);
}

addEventListener("beforeunload", (event) => {
  if ([...recordings.peek().values()].some(({ seconds }) => seconds.peek() > MISSED)) event.preventDefault();
});
