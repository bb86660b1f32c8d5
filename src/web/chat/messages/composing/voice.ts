import type { Conversation } from "../../../../sdk/index.ts";
import { isRecordingIn } from "../../voice/state.ts";

/** Whether a voice message can be recorded now. A page without a secure address says why it can't. */
export const canRecord = (conversation: Conversation) =>
  (typeof MediaRecorder === "function" || !isSecureContext) && !isRecordingIn(conversation);

export const record = (conversation: Conversation) =>
  void import("../../voice/start.ts").then(({ startRecording }) => startRecording(conversation));
