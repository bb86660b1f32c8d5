import { keysText } from "../../design/keys.ts";
import { texts } from "../../texts/texts.ts";
import { hintsBySection, SECTIONS } from "../base/shortcuts.ts";
import { documentedKeys } from "./documented-keys.ts";
import "./keyboard.css";

/** All keys by section. The heading above decides the level of theirs. */
export function KeySheet({ heading: Heading }: { heading: "h2" | "h3" }) {
  const sections = hintsBySection(documentedKeys());
  return (
    <div class="key-sheet">
      {SECTIONS.map((section) => {
        const hints = sections.get(section);
        if (!hints) return null;
        return (
          <section key={section}>
            <Heading>{texts.keyboard.sections[section]}</Heading>
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
