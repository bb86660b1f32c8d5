import type { ComponentChildren } from "preact";
import type { Presence, User } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { avatarOf } from "../../design/pictures.ts";
import { peopleTexts } from "../../texts/people.ts";

/** A person in a list, in two lines. */
export function PersonLine(props: {
  user: User;
  presence?: Presence | undefined;
  note?: string;
  children?: ComponentChildren;
}) {
  const { user, presence, note, children } = props;
  return (
    <>
      <Avatar name={user.full_name} id={user.id} picture={avatarOf(user)} online={presence?.online} />
      <span class="row-texts">
        <span class="row-title">
          <bdi class="clip">{user.full_name}</bdi>
          {note && <span class="badge">{note}</span>}
        </span>
        <span class="soft small clip" dir="auto">
          {user.is_active === false ? peopleTexts.deactivated : presence?.online ? peopleTexts.online : user.email}
        </span>
      </span>
      {children}
    </>
  );
}
