import { Icon } from "../../design/icon.tsx";
import { Menu } from "../../design/menu.tsx";
import { texts } from "../../texts/texts.ts";
import { Mark } from "../base/mark.tsx";
import { invitePeople, startConversation, startGroup } from "../base/open-dialog.ts";
import { pathTo } from "../base/routing.ts";
import { useSession } from "../session/context.ts";
import { serverName } from "../session/server.ts";

/** The name of the server, and the button for everything that begins anew. */
export function SidebarHeader() {
  const { isSuperuser } = useSession();
  const { shell } = texts;
  return (
    <header class="sidebar-header">
      <a class="brand" href={pathTo("home")}>
        <Mark />
        <bdi class="clip">{serverName.value}</bdi>
      </a>
      <Menu
        class="new-button"
        icon="add"
        face={
          <>
            <Icon name="add" />
            <span>{shell.new}</span>
          </>
        }
        label={shell.new}
        items={[
          { label: shell.newConversation, icon: "compose", keys: "N", onSelect: startConversation },
          { label: shell.newGroup, icon: "users", onSelect: () => startGroup() },
          ...(isSuperuser.value
            ? [{ label: shell.invitePeople, icon: "user-add" as const, onSelect: invitePeople }]
            : []),
        ]}
      />
    </header>
  );
}
