import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { isComposing } from "../../../design/keys.ts";
import { emojiTexts } from "../../../texts/emoji.ts";
import { texts } from "../../../texts/texts.ts";
import { allEmoji } from "./data.ts";
import { findEmoji } from "./find.ts";
import type { Emoji } from "./pick.ts";
import { recentEmoji } from "./recent.ts";
import { TONES, tone, toned } from "./tone.ts";
import "./picker.css";

export interface PickerProps {
  onChoose: (emoji: string) => void;
}

const FOUND = 72;

export function Picker({ onChoose }: PickerProps) {
  const [search, setSearch] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  const [recent] = useState(recentEmoji);
  const groups = useMemo(() => Map.groupBy(allEmoji, ({ g }) => g), []);
  const found = search.trim() === "" ? undefined : findEmoji(allEmoji, search.trim(), FOUND);
  useEffect(() => field.current?.focus(), []);

  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    const to = neighbour(event, [...(grid.current?.querySelectorAll<HTMLElement>("button") ?? [])]);
    if (to) to.focus();
    else if (event.key === "Enter" && event.target === field.current && found?.[0])
      onChoose(toned(found[0].c, chosenTone()));
    else return;
    event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys between the buttons inside
    <div class="emoji-board" onKeyDown={onKeyDown}>
      <input
        ref={field}
        type="search"
        class="emoji-search"
        placeholder={emojiTexts.search}
        aria-label={emojiTexts.search}
        value={search}
        onInput={(event) => setSearch(event.currentTarget.value)}
      />
      <Tones />
      <div ref={grid} class="emoji-groups">
        {found ? (
          found.length > 0 ? (
            <Group title={texts.messages.composer.suggestions} emoji={found} onChoose={onChoose} />
          ) : (
            <p class="emoji-nothing" role="status">
              {emojiTexts.nothing}
            </p>
          )
        ) : (
          <>
            <Group title={emojiTexts.recent} emoji={recent.map(known)} onChoose={onChoose} />
            {[...groups].map(([group, emoji]) => (
              <Group key={group} title={emojiTexts.groups[group] ?? group} emoji={emoji} onChoose={onChoose} />
            ))}
          </>
        )}
      </div>
    </div>
  );
}

const known = (character: string): Emoji =>
  allEmoji.find(({ c }) => c === character) ?? { c: character, n: [character], t: [], g: "" };

function Group({ title, emoji, onChoose }: { title: string; emoji: readonly Emoji[]; onChoose: (c: string) => void }) {
  const mark = chosenTone();
  return (
    <section class="emoji-group" aria-label={title}>
      <h2>{title}</h2>
      <div class="emoji-grid">
        {emoji.map(({ c, n }) => (
          <button
            key={c}
            type="button"
            class="emoji"
            aria-label={n[0]?.replaceAll("_", " ")}
            title={`:${n[0]}:`}
            onClick={() => onChoose(toned(c, mark))}
          >
            {toned(c, mark)}
          </button>
        ))}
      </div>
    </section>
  );
}

const chosenTone = () => TONES[Number(tone.value)] ?? "";

/** Chooses the skin tone of all emoji that have one. */
const Tones = () => (
  <fieldset class="emoji-tones">
    <legend class="visually-hidden">{emojiTexts.tone}</legend>
    {TONES.map((mark, n) => (
      <button
        key={mark}
        type="button"
        class="emoji"
        aria-pressed={tone.value === `${n}`}
        aria-label={emojiTexts.tones[n]}
        title={emojiTexts.tones[n]}
        onClick={() => {
          tone.value = `${n}`;
        }}
      >
        {`✋${mark}`}
      </button>
    ))}
  </fieldset>
);

const COLUMNS = 8;

/** Returns the button that an arrow key leads to: the next one in the line, or one line up or down. */
function neighbour(event: KeyboardEvent, buttons: HTMLElement[]): HTMLElement | undefined {
  const at = buttons.indexOf(event.target as HTMLElement);
  if (at < 0) return event.key === "ArrowDown" ? buttons[0] : undefined;
  const forward = getComputedStyle(event.target as HTMLElement).direction === "rtl" ? -1 : 1;
  const steps: Record<string, number> = {
    ArrowRight: forward,
    ArrowLeft: -forward,
    ArrowDown: COLUMNS,
    ArrowUp: -COLUMNS,
  };
  const step = steps[event.key];
  return step === undefined ? undefined : buttons[Math.max(0, Math.min(at + step, buttons.length - 1))];
}
