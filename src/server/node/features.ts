import { conversationCommands } from "../features/conversations/commands.ts";
import { messageCommands } from "../features/messages/commands.ts";
import type { Messages } from "../features/messages/service.ts";
import { presenceCommands } from "../features/presence/commands.ts";
import type { PresenceWatching } from "../features/presence/watching.ts";
import { readingCommands } from "../features/reading/commands.ts";
import { typingCommands } from "../features/typing/commands.ts";
import type { Typing } from "../features/typing/service.ts";
import type { ConversationStore } from "../log/ports.ts";
import type { Commands } from "../ws/command.ts";
import { socketCommands } from "../ws/commands.ts";
import type { Hub } from "../ws/hub.ts";

interface CommandServices {
  hub: Hub;
  presence: PresenceWatching;
  messages: Messages;
  typing: Typing;
  conversationStore: ConversationStore;
}

/** The commands of all features. A client frame without a command does not compile. */
export const commandsOf = (services: CommandServices): Commands => ({
  ...messageCommands(services),
  ...readingCommands(services),
  ...typingCommands(services),
  ...presenceCommands(services),
  ...conversationCommands(services),
  ...socketCommands,
});
