import { signal } from "@preact/signals";
import type { Conversation } from "../../../sdk/index.ts";
import type { Recording } from "./recording.ts";

/** The voice messages that are recorded or wait to be sent, by the id of the conversation. */
export const recordings = signal<ReadonlyMap<string, Recording>>(new Map());

export const isRecordingIn = ({ id }: Conversation) => recordings.value.has(id);

export function keepRecording(conversationId: string, recording: Recording | undefined) {
  const next = new Map(recordings.peek());
  next.delete(conversationId);
  if (recording) next.set(conversationId, recording);
  recordings.value = next;
}
