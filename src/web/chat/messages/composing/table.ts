import { texts } from "../../../texts/texts.ts";
import { isThread, sendReply } from "../../threads/roots.ts";
import { attachedTo, failedUploads } from "../../uploads/attached.ts";
import { isRecordingIn } from "../../voice/state.ts";
import type { ComposerPart } from "../composer-part.ts";
import { answer, answeredIn } from "./answered.ts";

/** The rows above the text field, from the top. */
export const composerParts: readonly ComposerPart[] = [
  {
    id: "also-in-parent",
    when: isThread,
    load: async () => (await import("../../threads/also-in-parent.tsx")).AlsoInParent,
    height: "1.75rem",
    send: (conversation, text, options) => sendReply(conversation, text, options),
  },
  {
    id: "voice",
    when: isRecordingIn,
    load: async () => (await import("../../voice/panel.tsx")).VoicePanel,
    height: "3.75rem",
    cancel: (conversation) => void import("../../voice/start.ts").then((voice) => voice.discardRecording(conversation)),
  },
  {
    id: "reply",
    when: (conversation) => answeredIn(conversation) !== undefined,
    load: async () => (await import("./answered-row.tsx")).AnsweredRow,
    height: "2.25rem",
    cancel: (conversation) => answer(conversation, undefined),
  },
  {
    id: "files",
    when: (conversation) => attachedTo(conversation).length > 0,
    load: async () => (await import("../../uploads/row.tsx")).AttachedRow,
    height: "4.5rem",
    allowsNoText: true,
    whyNotSent: (conversation) =>
      attachedTo(conversation).some(({ id }) => failedUploads.value.has(id))
        ? texts.messages.composer.failed
        : undefined,
  },
];
