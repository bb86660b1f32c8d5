import { texts } from "../../texts/texts.ts";
import { me } from "../session/session.ts";
import { Mark } from "../shell/mark.tsx";

/** Put here when the page is bundled. */
declare const CONFAB_VERSION: string;

export function About() {
  return (
    <>
      <div class="person-head">
        <Mark />
        <div>
          <p class="person-name">{texts.product}</p>
          <p class="soft">{texts.settings.version(CONFAB_VERSION)}</p>
        </div>
      </div>
      <ul class="plain-list">
        <li>
          <a href="/api/docs/">{texts.settings.apiPages}</a>
        </li>
        {isSuperuser() && (
          <li>
            <a href="/admin">{texts.settings.admin}</a>
          </li>
        )}
      </ul>
    </>
  );
}

/** The server says so of oneself only. */
function isSuperuser(): boolean {
  const user: object | undefined = me.value;
  return user !== undefined && "is_superuser" in user && user.is_superuser === true;
}
