import type { AdminUser } from "../../../protocol/admin.ts";
import { Avatar } from "../../design/avatar.tsx";
import { avatarOf } from "../../design/pictures.ts";
import { adminTexts } from "../../texts/admin/texts.ts";
import { pathOf } from "../base/routing.ts";

/** A person in a list, with a link to their page. */
export function Person({ user }: { user: AdminUser }) {
  return (
    <span class="person">
      <Avatar name={user.full_name} id={user.id} picture={avatarOf(user)} size="s" />
      <span class="person-texts">
        <a href={pathOf("users", user.id)} dir="auto">
          {user.full_name}
        </a>
        <span class="soft" dir="auto">
          {user.email}
        </span>
      </span>
    </span>
  );
}

/** Labels for an admin, a deactivated account, and the viewer's own account. */
export function Badges({ user, isMe = false }: { user: AdminUser; isMe?: boolean }) {
  return (
    <span class="badges">
      {isMe && <span class="badge">{adminTexts.users.you}</span>}
      {user.is_superuser && <span class="badge badge-accent">{adminTexts.users.superuser}</span>}
      {!user.is_active && <span class="badge badge-danger">{adminTexts.users.deactivated}</span>}
    </span>
  );
}
