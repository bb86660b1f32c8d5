import { IconButton } from "../../../design/button.tsx";
import { kept } from "../../../design/kept.ts";
import { texts } from "../../../texts/texts.ts";

/** Whether the bar of formats is open, in this browser. */
export const formatBar = kept("format-bar", ["off", "on"]);

/** Opens and closes the bar of formats. */
export const FormatButton = () => (
  <IconButton
    class="composer-format"
    icon="text"
    face={<span aria-hidden="true">Aa</span>}
    label={texts.messages.composer.format}
    aria-expanded={formatBar.value === "on"}
    aria-controls="format-bar"
    onPointerDown={(event) => event.preventDefault()}
    onClick={() => {
      formatBar.value = formatBar.value === "on" ? "off" : "on";
    }}
  />
);
