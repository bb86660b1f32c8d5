import { Icon } from "../../design/icon.tsx";
import { threadTexts } from "../../texts/threads.ts";
import type { MessagePartProps } from "../messages/message-part.ts";
import { useSession } from "../session/context.ts";
import { openThreadOf } from "./open.ts";
import "./threads.css";

/** Above a copy of a reply: leads to its thread. */
export function FromThread({ message, isActive }: MessagePartProps) {
  const { client } = useSession();
  return (
    <p class="from-thread soft small">
      <Icon name="threads" /> {threadTexts.fromThread} ·{" "}
      <button
        type="button"
        class="link"
        tabIndex={isActive ? 0 : -1}
        onClick={() => void openThreadOf({ client, message })}
      >
        {threadTexts.openFrom}
      </button>
    </p>
  );
}
