import { Icon } from "../../design/icon.tsx";
import { pinTexts } from "../../texts/pins.ts";
import type { MessagePartProps } from "../messages/message-part.ts";
import "./pins.css";

/** Beside the time of a pinned message. */
export function PinMark({ message, conversation }: MessagePartProps) {
  const by = conversation.info?.participants.find(({ id }) => id === message.pinned?.user_id)?.full_name;
  const text = by === undefined ? pinTexts.pinned : pinTexts.pinnedBy(by);
  return (
    <span class="pin-mark" title={text}>
      <Icon name="pin" />
      <span class="visually-hidden">{text}</span>
    </span>
  );
}
