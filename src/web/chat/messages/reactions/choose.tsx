import { reactionTexts } from "../../../texts/reactions.ts";
import { Picker } from "../emoji/picker.tsx";
import { openPanel } from "./panel.tsx";
import type { ReactedMessage } from "./place.ts";
import { toggleReaction } from "./toggle.ts";

/** Shows the picker of emoji for a message. */
export function showPicker({ message, conversation, myId }: ReactedMessage, place: HTMLElement | "sheet") {
  openPanel(reactionTexts.pick, place, ({ close }) => (
    <Picker
      onChoose={(emoji) => {
        close();
        toggleReaction(conversation, message, emoji, myId);
      }}
    />
  ));
}
