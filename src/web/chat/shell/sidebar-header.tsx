import { ADMIN_ADDRESSES } from "../../addresses.ts";
import { Avatar } from "../../design/avatar.tsx";
import { IconButton } from "../../design/button.tsx";
import { keysText } from "../../design/keys.ts";
import { Menu, type MenuItem } from "../../design/menu.tsx";
import { texts } from "../../texts/texts.ts";
import { signOut } from "../account/sign-out.ts";
import { Mark } from "../base/mark.tsx";
import { openDialog, startConversation } from "../base/open-dialog.ts";
import { navigate, pathTo } from "../base/routing.ts";
import { useSession } from "../session/context.ts";
import { serverName } from "../session/server.ts";

export function SidebarHeader() {
  const { client, me, isSuperuser } = useSession();
  const user = me.value;
  if (!user) return null;
  return (
    <header class="sidebar-header">
      <a class="brand" href={pathTo("home")}>
        <Mark />
        <bdi class="clip">{serverName.value}</bdi>
      </a>
      <IconButton icon="compose" label={texts.shell.newConversation} keys={keysText("n")} onClick={startConversation} />
      <Menu
        face={<Avatar name={user.full_name} id={user.id} size="s" />}
        icon="menu"
        label={texts.shell.yourMenu(user.full_name)}
        items={[
          ...(isSuperuser.value ? adminItems() : []),
          { label: texts.shell.settings, icon: "settings", onSelect: () => navigate(pathTo("settings", "profile")) },
          {
            label: texts.keyboard.title,
            icon: "keyboard",
            keys: "?",
            onSelect: () => {
              openDialog.value = { kind: "keys" };
            },
          },
          { label: texts.shell.signOut, icon: "sign-out", onSelect: () => void signOut(client) },
        ]}
      />
    </header>
  );
}

/** Menu items for admins: inviting people, and the admin panel. */
const adminItems = (): MenuItem[] => [
  {
    label: texts.shell.invitePeople,
    icon: "user-add",
    onSelect: () => {
      openDialog.value = { kind: "invites", conversationId: undefined };
    },
  },
  // The panel is a page of its own.
  { label: texts.shell.admin, icon: "shield", onSelect: () => location.assign(ADMIN_ADDRESSES.overview) },
];
