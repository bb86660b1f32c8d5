import { ADMIN_ADDRESSES } from "../../addresses.ts";
import { settingsTexts } from "../../texts/settings.ts";
import { texts } from "../../texts/texts.ts";
import { Mark } from "../base/mark.tsx";
import { useSession } from "../session/context.ts";

/** Set by the bundler. */
declare const CONFAB_VERSION: string;

export function About() {
  const { isSuperuser } = useSession();
  return (
    <>
      <div class="person-head">
        <Mark />
        <div>
          <p class="person-name">{texts.product}</p>
          <p class="soft">{settingsTexts.version(CONFAB_VERSION)}</p>
        </div>
      </div>
      <ul class="plain-list">
        <li>
          <a href="/api/docs/">{settingsTexts.apiPages}</a>
        </li>
        {isSuperuser.value && (
          <li>
            <a href={ADMIN_ADDRESSES.overview}>{settingsTexts.admin}</a>
          </li>
        )}
      </ul>
    </>
  );
}
