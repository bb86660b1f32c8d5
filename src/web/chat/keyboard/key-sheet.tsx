import { keysText } from "../../design/keys.ts";
import { texts } from "../../texts/texts.ts";
import { hintsBySection, type ShortcutSection } from "../base/shortcuts.ts";

const ORDER: readonly ShortcutSection[] = ["everywhere", "conversations", "messages", "composing"];

/** All keys by section. */
export function KeySheet() {
  const sections = hintsBySection();
  return (
    <div class="key-sheet">
      {ORDER.map((section) => {
        const hints = sections.get(section);
        if (!hints) return null;
        return (
          <section key={section}>
            <h3>{texts.keyboard.sections[section]}</h3>
            <dl>
              {hints.map(({ keys, label }) => (
                <div key={`${keys} ${label}`} class="key-row">
                  <dt>{label}</dt>
                  <dd>
                    <kbd>{keysText(keys)}</kbd>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        );
      })}
    </div>
  );
}
