import { removeFile } from "../../../sdk/features/files.ts";
import type { ChatMessage, Conversation } from "../../../sdk/index.ts";
import type { MessageFile } from "../../../sdk/public/files.ts";
import { kindOf } from "../../../text/files.ts";
import { fileTexts } from "../../texts/files.ts";
import { isVisual } from "../base/file-kinds.ts";
import type { MessagePartProps } from "../messages/message-part.ts";
import { isDeleted } from "../messages/preview.ts";
import { FileCard } from "./card.tsx";
import { Gallery } from "./gallery.tsx";
import { shownName } from "./names.ts";
import { openViewer } from "./open-viewer.ts";
import type { Track } from "./playing.ts";
import { Sound, trackOf } from "./sound.tsx";
import { Underway } from "./upload-bar.tsx";
import { usePending } from "./use-pending.ts";
import "./files.css";

/** The files of a message: a gallery, then players, then all others. */
export function FilesPart({ message, conversation, isActive }: MessagePartProps) {
  const files = message.files ?? [];
  const visuals = files.filter(isVisual);
  const sounds = files.filter((file) => /^(voice|audio)$/.test(kindOf(file)));
  const others = files.filter((file) => kindOf(file) === "other");
  const tabIndex = isActive ? 0 : -1;
  const pending = usePending(message);
  return (
    <div class="files">
      {visuals.length > 0 && (
        <Gallery
          visuals={visuals}
          tabIndex={tabIndex}
          progressOf={pending.progressOf}
          onOpen={(file) => openViewer({ conversationId: conversation.id, message, fileId: file.id })}
        />
      )}
      {sounds.map((file) => (
        <Underway key={file.id} progress={pending.progressOf(file.id)}>
          <Sound
            file={file}
            by={message.sender_name}
            tabIndex={tabIndex}
            next={file.waveform === undefined ? undefined : () => voiceAfter(conversation, file)}
          />
        </Underway>
      ))}
      {others.map((file) => (
        <Underway key={file.id} progress={pending.progressOf(file.id)}>
          <FileCard file={file} tabIndex={tabIndex} />
        </Underway>
      ))}
      {files.length > 1 &&
        pending.refused.map(({ upload, error }) => (
          <p key={upload.id} class="files-refused">
            <span dir="auto">{fileTexts.refused(shownName(upload.name), error.message)}</span>
            <button
              type="button"
              class="text-button"
              tabIndex={tabIndex}
              onClick={() => removeFile(conversation, message.key, upload)}
            >
              {fileTexts.leaveOut}
            </button>
          </p>
        ))}
    </div>
  );
}

/** The next voice message of the conversation, as far as it is loaded. */
function voiceAfter(conversation: Conversation, file: MessageFile): Track | undefined {
  const voices = conversation.messages.flatMap((message) =>
    isDeleted(message) ? [] : voicesOf(message).map((voice) => ({ voice, by: message.sender_name })),
  );
  const index = voices.findIndex(({ voice }) => voice.id === file.id);
  const found = index < 0 ? undefined : voices[index + 1];
  return found && trackOf(found.voice, found.by, () => voiceAfter(conversation, found.voice));
}

const voicesOf = ({ files = [] }: ChatMessage) => files.filter((file) => kindOf(file) === "voice");
