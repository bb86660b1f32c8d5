import type { ComponentType } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import { IconButton } from "../../../design/button.tsx";
import { Spinner } from "../../../design/spinner.tsx";
import { texts } from "../../../texts/texts.ts";
import type { PickerProps } from "./picker.tsx";
import { rememberEmoji } from "./recent.ts";

/** Opens the emoji picker beside the text field, and loads it then. */
export function EmojiButton({ onChoose }: { onChoose: (emoji: string) => void }) {
  const id = useId();
  const popover = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [Picker, setPicker] = useState<ComponentType<PickerProps>>();
  const choose = (emoji: string) => {
    popover.current?.hidePopover();
    rememberEmoji(emoji);
    onChoose(emoji);
  };
  return (
    <>
      <IconButton
        class="composer-emoji"
        icon="smile"
        label={texts.messages.composer.emoji}
        popovertarget={id}
        aria-expanded={isOpen}
        onPointerEnter={() => void import("./picker.tsx")}
      />
      <div
        ref={popover}
        id={id}
        popover="auto"
        class="menu emoji-picker"
        role="dialog"
        aria-label={texts.messages.composer.suggestions}
        onToggle={(event) => {
          setOpen(event.newState === "open");
          if (event.newState === "open") void import("./picker.tsx").then(({ Picker }) => setPicker(() => Picker));
        }}
      >
        {isOpen && (Picker ? <Picker onChoose={choose} /> : <Spinner />)}
      </div>
    </>
  );
}
