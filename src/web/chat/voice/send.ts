import { attach } from "../../../sdk/features/files.ts";
import type { Conversation } from "../../../sdk/index.ts";
import { keepLocal } from "../files/local.ts";
import { takeSendOptions } from "../messages/send-options.ts";
import { isThread, sendReply } from "../threads/roots.ts";
import type { Recorded } from "./recording.ts";

/** Sends a recording as a message of its own, also offline. A text in the field stays there. */
export function sendRecording(conversation: Conversation, { bytes, duration, waveform }: Recorded) {
  const upload = attach(conversation, bytes, { name: bytes.name, duration, waveform });
  keepLocal(upload.id, bytes);
  const options = { ...takeSendOptions(conversation), uploads: [upload] };
  if (isThread(conversation) && sendReply(conversation, "", options)) return;
  conversation.send("", options).done.catch(() => {});
}
