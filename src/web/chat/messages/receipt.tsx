import { useId } from "preact/hooks";
import type { Conversation, User } from "../../../sdk/index.ts";
import { Icon } from "../../design/icon.tsx";
import { texts } from "../../texts/texts.ts";
import { isDeleted } from "./preview.ts";

/** The people who have read your newest message. */
export interface Receipt {
  readers: readonly User[];
  /** The number of people who could have read it. */
  others: number;
  isGroup: boolean;
  /** It is on its way. Its line is there already, so that nothing moves when it is sent. */
  isPending: boolean;
}

/**
 * Returns the receipt of the newest message, if it is yours. Large groups have none, because the page does not
 * know all members.
 */
export function receiptOf(conversation: Conversation, index: number, myId: number | undefined): Receipt | undefined {
  const { info, messages, readPositions } = conversation;
  const message = messages[index];
  if (!info || index !== messages.length - 1 || !message || message.state === "failed") return undefined;
  if (message.sender_id !== myId || isDeleted(message)) return undefined;
  const isKnown = info.participants.length >= info.participant_count;
  const readers = info.participants.filter(
    ({ id }) => isKnown && id !== myId && message.state === "sent" && (readPositions.get(id) ?? 0) >= message.seq,
  );
  return {
    readers,
    others: info.participant_count - 1,
    isGroup: info.is_group,
    isPending: message.state === "pending",
  };
}

/** How many names the line lists. */
const NAMED = 2;

export function ReceiptLine({ readers, others, isGroup, isPending }: Receipt) {
  const { receipts } = texts.messages;
  const id = useId();
  if (isPending)
    return (
      <p class="receipt receipt-pending">
        <Icon name="clock" />
        {texts.messages.feed.pending}
      </p>
    );
  if (readers.length === 0 || !isGroup)
    return (
      <p class="receipt">
        <Icon name={readers.length > 0 ? "check-double" : "check"} />
        {readers.length > 0 ? receipts.read : receipts.sent}
      </p>
    );
  const text =
    readers.length >= others
      ? receipts.readByEveryone
      : readers.length <= NAMED
        ? receipts.readBy(readers.map((user) => user.first_name).join(", "))
        : receipts.readByCount(readers.length, others);
  return (
    <div class="receipt">
      <Icon name="check-double" />
      <button type="button" class="receipt-button" popovertarget={id}>
        {text}
      </button>
      <div id={id} popover="auto" class="menu receipt-readers">
        <h2>{receipts.who}</h2>
        <ul>
          {readers.map((user) => (
            <li key={user.id} dir="auto">
              {user.full_name}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
