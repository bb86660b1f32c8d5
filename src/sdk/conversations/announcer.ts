import type { LiveConversation } from "../parts/conversation.ts";
import type { Core } from "../parts/core.ts";
import type { ConversationEvents } from "../public/conversation.ts";
import type { Message } from "../public/types.ts";

/** Emits `message` for each new message of a conversation, once, in order. */
export function createAnnouncer(
  self: LiveConversation,
  core: Pick<Core, "emit">,
  emit: (event: "message", ...args: ConversationEvents["message"]) => void,
): Pick<LiveConversation, "announce" | "announceHeld"> {
  /** Messages that came while the newest page was on its way. The page may have earlier ones, which come first. */
  const held: { message: Message; isOwnEcho: boolean | undefined }[] = [];

  function announce(message: Message, isOwnEcho?: boolean) {
    if (self.sync.isLoading) return void held.push({ message, isOwnEcho });
    if (message.seq > self.announcedSeq) self.announcedSeq = message.seq;
    else if (!isOwnEcho) return;
    const shown = self.timeline.toShown(message);
    emit("message", shown);
    core.emit("message", shown, self);
  }

  return {
    announce,
    announceHeld() {
      held.sort((a, b) => a.message.seq - b.message.seq);
      for (const { message, isOwnEcho } of held.splice(0)) announce(message, isOwnEcho);
    },
  };
}
