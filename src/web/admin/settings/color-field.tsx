import { useEffect, useId, useRef } from "preact/hooks";
import { tintOf } from "../../colour.ts";
import { adminTexts } from "../../texts/admin/texts.ts";

const { settings: texts } = adminTexts;

/** Colours that look good in both themes and are told apart from those of errors and warnings. */
const PALETTE: readonly { name: keyof typeof texts.colors; value: string | null }[] = [
  { name: "teal", value: null },
  { name: "green", value: "#15803d" },
  { name: "lime", value: "#4d7c0f" },
  { name: "amber", value: "#a16207" },
  { name: "orange", value: "#c2410c" },
  { name: "pink", value: "#be185d" },
  { name: "purple", value: "#7e22ce" },
  { name: "indigo", value: "#4338ca" },
  { name: "blue", value: "#1d4ed8" },
  { name: "sky", value: "#0369a1" },
  { name: "grey", value: "#6b6b6b" },
];
/** The colour at which the browser's own picker begins. */
const TEAL = "#0f766e";

export interface ColorFieldProps {
  /** The chosen colour, like `#0f766e`. Null is the default. */
  color: string | null;
  /** The colour that the server has. */
  stored: string | null;
  isFixed: boolean;
  errors?: readonly string[] | undefined;
  onChange: (color: string | null) => void;
}

/** A field for the server's colour. The whole page shows the choice at once, before it is saved. */
export function ColorField({ color, stored, isFixed, errors = [], onChange }: ColorFieldProps) {
  const id = useId();
  useTint(color, stored);
  const isOwn = PALETTE.every(({ value }) => value !== color);
  return (
    <fieldset class="choice" disabled={isFixed} aria-describedby={`${id}-hint`}>
      <legend class="field-label">{texts.color}</legend>
      <div class="swatches">
        {PALETTE.map(({ name, value }) => (
          <label key={name} class="swatch" data-tip={texts.colors[name]}>
            <input type="radio" name={id} checked={color === value} onChange={() => onChange(value)} />
            <span class="visually-hidden">{texts.colors[name]}</span>
            <Paint color={value} />
          </label>
        ))}
        <label class={isOwn ? "swatch-own swatch-chosen" : "swatch-own"}>
          <input type="color" value={color ?? TEAL} onInput={(event) => onChange(event.currentTarget.value)} />
          <span>{texts.ownColor}</span>
        </label>
      </div>
      {errors.length > 0 && (
        <p class="field-error" role="alert">
          {errors.join(" ")}
        </p>
      )}
      <p id={`${id}-hint`} class="field-hint">
        {isFixed ? texts.colorFixed : texts.colorHint}
      </p>
    </fieldset>
  );
}

function Paint({ color }: { color: string | null }) {
  const { hue, chroma } = tintOf(color);
  return <span class="swatch-paint" style={{ "--hue": hue, "--chroma": chroma }} />;
}

/** Shows a colour on the whole page, and the stored one again when the field is gone. */
function useTint(color: string | null, stored: string | null) {
  const last = useRef(stored);
  last.current = stored;
  useEffect(() => show(color), [color]);
  useEffect(() => () => show(last.current), []);
}

function show(color: string | null) {
  const { hue, chroma } = tintOf(color);
  const { style } = document.documentElement;
  style.setProperty("--server-hue", String(hue));
  style.setProperty("--server-chroma", String(chroma));
}
