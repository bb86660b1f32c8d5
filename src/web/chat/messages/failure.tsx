import type { ChatMessage } from "../../../sdk/index.ts";
import { Icon } from "../../design/icon.tsx";
import { texts } from "../../texts/texts.ts";
import type { MessageActions } from "./use-message-actions.ts";

/** Says why sending, editing or deleting failed, and offers two actions. */
export function Failure({ message, actions }: { message: ChatMessage; actions: MessageActions }) {
  const { feed } = texts.messages;
  const change = message.state === "sent" ? message.change : undefined;
  const reason = (message.state === "sent" ? change?.error : message.error)?.message ?? "";
  const text =
    change?.kind === "edit" ? feed.editFailed(reason) : change ? feed.deleteFailed(reason) : feed.failed(reason);
  return (
    <div class="message-failure">
      <Icon name="warning" />
      <span role="alert">{text}</span>
      <button type="button" onClick={() => actions.retry(message)}>
        {texts.design.tryAgain}
      </button>
      <button type="button" onClick={() => actions.discard(message)}>
        {feed.discard}
      </button>
    </div>
  );
}
