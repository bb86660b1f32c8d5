import type { ChatMessage, Conversation } from "../../../sdk/index.ts";
import { Icon } from "../../design/icon.tsx";
import { texts } from "../../texts/texts.ts";

const load = () => import("./actions/remove.ts");

/** Says why sending, editing or deleting failed, and offers two actions. */
export function Failure({ message, conversation }: { message: ChatMessage; conversation: Conversation }) {
  const { feed } = texts.messages;
  const change = message.state === "sent" ? message.change : undefined;
  const reason = (message.state === "sent" ? change?.error : message.error)?.message ?? "";
  const text =
    change?.kind === "edit" ? feed.editFailed(reason) : change ? feed.deleteFailed(reason) : feed.failed(reason);
  return (
    <div class="message-failure">
      <span class="message-reason" role="alert">
        <Icon name="warning" />
        <span>{text}</span>
      </span>
      <button type="button" onClick={() => void load().then(({ retry }) => retry({ message, conversation }))}>
        {texts.design.tryAgain}
      </button>
      <button type="button" onClick={() => void load().then(({ discard }) => discard({ message, conversation }))}>
        {feed.discard}
      </button>
    </div>
  );
}
