import type { Commands } from "../../ws/command.ts";
import type { PresenceWatching } from "./watching.ts";

export const presenceCommands = ({
  presence,
}: {
  presence: PresenceWatching;
}): Pick<Commands, "watch" | "unwatch"> => ({
  watch: {
    isGeneral: true,
    async run(socket, { ref, user_ids }) {
      await socket.writable();
      await presence.watch(socket, user_ids, ref);
    },
  },
  unwatch: {
    isGeneral: true,
    run: (socket, { user_ids }) => presence.unwatch(socket, user_ids),
  },
});
