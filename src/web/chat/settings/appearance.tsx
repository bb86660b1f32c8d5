import { Choice } from "../../design/choice.tsx";
import { DIRECTIONS, direction, TEXT_SIZES, THEMES, textSize, theme } from "../../design/preferences.ts";
import { texts } from "../../texts/texts.ts";

const optionsOf = <T extends string>(values: readonly T[], labels: Record<T, string>) =>
  values.map((value) => ({ value, label: labels[value] }));

export function Appearance() {
  return (
    <div class="form form-wide">
      <Choice
        label={texts.settings.theme}
        options={optionsOf(THEMES, texts.settings.themes)}
        value={theme.value}
        onChange={(value) => {
          theme.value = value;
        }}
      />
      <Choice
        label={texts.settings.textSize}
        options={optionsOf(TEXT_SIZES, texts.settings.textSizes)}
        value={textSize.value}
        onChange={(value) => {
          textSize.value = value;
        }}
      />
      <Choice
        label={texts.settings.direction}
        hint={texts.settings.directionHint}
        options={optionsOf(DIRECTIONS, texts.settings.directions)}
        value={direction.value}
        onChange={(value) => {
          direction.value = value;
        }}
      />
      <p class="soft">{texts.settings.language}</p>
    </div>
  );
}
