import { ADMIN_ADDRESSES } from "../../addresses.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Icon, type IconName } from "../../design/icon.tsx";
import { keysText } from "../../design/keys.ts";
import { Menu } from "../../design/menu.tsx";
import { texts } from "../../texts/texts.ts";
import { signOut } from "../account/sign-out.ts";
import { isNarrow } from "../base/narrow.ts";
import { openDialog } from "../base/open-dialog.ts";
import { navigate, pathTo, route } from "../base/routing.ts";
import { useShortcuts } from "../base/shortcuts.ts";
import { UnreadBadge } from "../base/unread-badge.tsx";
import { useSession } from "../session/context.ts";
import { sections } from "./sections.ts";

/** The sections of the page, and your own menu: a column at the start, or a bar of tabs at the bottom of a phone. */
export function Rail() {
  const { client, me, isSuperuser } = useSession();
  const { page } = route.value;
  const { shell } = texts;
  useShortcuts(
    "everywhere",
    sections.map((section, n) => ({
      keys: String(n + 1),
      label: shell.sections[section.page],
      run: () => navigate(pathTo(section.page)),
    })),
  );
  const user = me.value;
  if (!user) return null;
  const inMenu = isNarrow.value ? sections.filter(({ isMinor }) => isMinor) : [];
  const count = inMenu.reduce((sum, { badge }) => sum + (badge?.value ?? 0), 0);
  const admin = () => location.assign(ADMIN_ADDRESSES.overview);
  const settings = pathTo("settings", "profile");
  return (
    <nav class="rail" aria-label={shell.rail} tabIndex={-1} data-region>
      <ul class="rail-sections">
        {sections.map((section, n) => (
          <li key={section.page} class={section.isMinor && "wide-only"}>
            <RailLink
              href={pathTo(section.page)}
              icon={section.icon}
              label={shell.sections[section.page]}
              keys={keysText(String(n + 1))}
              isCurrent={
                page === section.page ||
                (page === "conversation" && section.page === "home") ||
                (page === "scheduled" && section.page === "saved")
              }
              count={section.badge?.value ?? 0}
            />
          </li>
        ))}
      </ul>
      <ul class="rail-own">
        {isSuperuser.value && (
          <li class="wide-only">
            <RailLink href={ADMIN_ADDRESSES.overview} icon="shield" label={shell.adminShort} />
          </li>
        )}
        <li class="wide-only">
          <RailLink
            href={settings}
            icon="settings"
            label={shell.settings}
            keys={keysText("Mod+,")}
            isCurrent={page === "settings"}
          />
        </li>
        <li>
          <Menu
            class="rail-link"
            face={
              <>
                <span class="rail-icon">
                  <Avatar name={user.full_name} id={user.id} size="s" />
                  {count > 0 && <UnreadBadge count={count} />}
                </span>
                <span class="rail-label">{shell.menu}</span>
              </>
            }
            icon="menu"
            label={shell.yourMenu(user.full_name)}
            items={[
              ...inMenu.map((section) => ({
                label: shell.sections[section.page],
                icon: section.icon,
                onSelect: () => navigate(pathTo(section.page)),
              })),
              ...(isSuperuser.value ? [{ label: shell.admin, icon: "shield" as const, onSelect: admin }] : []),
              { label: shell.settings, icon: "settings", onSelect: () => navigate(settings) },
              {
                label: texts.keyboard.title,
                icon: "keyboard",
                keys: "?",
                onSelect: () => {
                  openDialog.value = { kind: "keys" };
                },
              },
              { label: shell.signOut, icon: "sign-out", onSelect: () => void signOut(client) },
            ]}
          />
        </li>
      </ul>
    </nav>
  );
}

interface RailLinkProps {
  href: string;
  icon: IconName;
  label: string;
  keys?: string;
  isCurrent?: boolean;
  count?: number;
}

const RailLink = ({ href, icon, label, keys, isCurrent = false, count = 0 }: RailLinkProps) => (
  <a class="rail-link" href={href} aria-current={isCurrent ? "page" : undefined} data-tip={label} data-tip-keys={keys}>
    <span class="rail-icon">
      <Icon name={icon} />
      {count > 0 && <UnreadBadge count={count} />}
    </span>
    <span class="rail-label">{label}</span>
  </a>
);
