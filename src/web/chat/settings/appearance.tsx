import { Choice } from "../../design/choice.tsx";
import { DIRECTIONS, direction, TEXT_SIZES, THEMES, textSize, theme } from "../../design/preferences.ts";
import { settingsTexts } from "../../texts/settings.ts";

const optionsOf = <T extends string>(values: readonly T[], labels: Record<T, string>) =>
  values.map((value) => ({ value, label: labels[value] }));

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
      <p class="soft">{settingsTexts.language}</p>
    </div>
  );
}
