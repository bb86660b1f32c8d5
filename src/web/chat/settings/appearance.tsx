import { showPreviews } from "../../../sdk/features/previews.ts";
import { Choice, Switch } from "../../design/choice.tsx";
import {
  DIRECTIONS,
  direction,
  LAYOUTS,
  layout,
  TEXT_SIZES,
  THEMES,
  textSize,
  theme,
} from "../../design/preferences.ts";
import { toast } from "../../design/toast.tsx";
import { settingsTexts } from "../../texts/settings.ts";
import { texts } from "../../texts/texts.ts";
import { previewsShown } from "../previews/shown.ts";
import { useSession } from "../session/context.ts";

const optionsOf = <T extends string>(values: readonly T[], labels: Record<T, string>) =>
  values.map((value) => ({ value, label: labels[value] }));

/** All your devices follow it, as the account has it. */
function Previews() {
  const { client } = useSession();
  async function show(shown: boolean) {
    try {
      await showPreviews(client, shown);
      previewsShown.value = shown ? "on" : "off";
    } catch (error) {
      toast(error instanceof Error ? error.message : texts.design.failed, { error: true });
    }
  }
  return (
    <Switch
      label={settingsTexts.previews}
      hint={settingsTexts.previewsHint}
      checked={previewsShown.value === "on"}
      onChange={(shown) => void show(shown)}
    />
  );
}

export function Appearance() {
  return (
    <div class="form form-wide">
      <Choice
        label={settingsTexts.theme}
        options={optionsOf(THEMES, settingsTexts.themes)}
        value={theme.value}
        onChange={(value) => {
          theme.value = value;
        }}
      />
      <Choice
        label={settingsTexts.layout}
        hint={settingsTexts.layoutHint}
        options={optionsOf(LAYOUTS, settingsTexts.layouts)}
        value={layout.value}
        onChange={(value) => {
          layout.value = value;
        }}
      />
      <Choice
        label={settingsTexts.textSize}
        options={optionsOf(TEXT_SIZES, settingsTexts.textSizes)}
        value={textSize.value}
        onChange={(value) => {
          textSize.value = value;
        }}
      />
      <Choice
        label={settingsTexts.direction}
        hint={settingsTexts.directionHint}
        options={optionsOf(DIRECTIONS, settingsTexts.directions)}
        value={direction.value}
        onChange={(value) => {
          direction.value = value;
        }}
      />
      <Previews />
      <p class="soft">{settingsTexts.language}</p>
    </div>
  );
}
