import type { JSX } from "preact";
import { IconButton } from "../../design/button.tsx";
import { Icon, type IconName } from "../../design/icon.tsx";
import { settingsTexts } from "../../texts/settings.ts";
import { texts } from "../../texts/texts.ts";
import { useTitle } from "../base/page-title.ts";
import { closeSettings, goUp, pathTo, SETTINGS_PARTS, type SettingsPart } from "../base/routing.ts";
import { About } from "./about.tsx";
import { Appearance } from "./appearance.tsx";
import { KeyboardPart } from "./keyboard.tsx";
import { Notifications } from "./notifications.tsx";
import { Password } from "./password.tsx";
import { Privacy } from "./privacy.tsx";
import { Profile } from "./profile.tsx";
import { Sessions } from "./sessions.tsx";
import "./settings.css";

const PARTS: Record<SettingsPart, { icon: IconName; Part: () => JSX.Element | null }> = {
  profile: { icon: "user", Part: Profile },
  password: { icon: "lock", Part: Password },
  privacy: { icon: "shield", Part: Privacy },
  sessions: { icon: "monitor", Part: Sessions },
  appearance: { icon: "palette", Part: Appearance },
  notifications: { icon: "bell", Part: Notifications },
  keyboard: { icon: "keyboard", Part: KeyboardPart },
  about: { icon: "info", Part: About },
};

/** A narrow screen shows the list of parts at `/settings`, or one part. A wide screen shows both. */
export function SettingsPage({ part }: { part: SettingsPart | undefined }) {
  const shown = part ?? "profile";
  const { Part } = PARTS[shown];
  useTitle(settingsTexts.parts[shown]);
  return (
    <div class="settings" data-part={part}>
      <nav class="settings-nav" aria-label={texts.shell.settings}>
        <div class="settings-nav-head">
          <IconButton icon="back" label={texts.shell.back} class="narrow-only" onClick={closeSettings} />
          <p class="settings-nav-title">{texts.shell.settings}</p>
        </div>
        <ul>
          {SETTINGS_PARTS.map((name) => (
            <li key={name}>
              <a
                class="settings-link"
                href={pathTo("settings", name)}
                aria-current={name === shown ? "page" : undefined}
              >
                <Icon name={PARTS[name].icon} />
                <span>{settingsTexts.parts[name]}</span>
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls a long part */}
      <section class="settings-part" key={shown} tabIndex={0} aria-labelledby="settings-part">
        <header class="settings-head">
          <IconButton
            icon="back"
            label={texts.shell.back}
            class="narrow-only"
            onClick={() => goUp(pathTo("settings"))}
          />
          <h1 id="settings-part">{settingsTexts.parts[shown]}</h1>
        </header>
        <Part />
      </section>
    </div>
  );
}
