import type { User } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { avatarOf } from "../../design/pictures.ts";
import { accountTexts } from "../../texts/account.ts";
import { memberTexts } from "../../texts/members.ts";
import { peopleTexts } from "../../texts/people.ts";
import { usePresenceOf } from "../session/presence.ts";

/** A person: the picture, the name, whether they are online, and how to reach them. */
export function PersonCard({ user }: { user: User }) {
  const presence = usePresenceOf(user.id);
  const seen = presence?.last_seen ?? user.last_seen;
  return (
    <div class="person-card">
      <Avatar name={user.full_name} id={user.id} picture={avatarOf(user, 256)} size="l" online={presence?.online} />
      <p class="person-name">
        <bdi>{user.full_name}</bdi>
      </p>
      <p class="soft">
        {user.is_active === false
          ? peopleTexts.deactivated
          : presence?.online
            ? peopleTexts.online
            : seen
              ? peopleTexts.lastSeen(seen)
              : ""}
      </p>
      <dl class="facts">
        <div>
          <dt>{accountTexts.email}</dt>
          <dd>
            <a href={`mailto:${user.email}`}>{user.email}</a>
          </dd>
        </div>
        <div>
          <dt>{memberTexts.joined}</dt>
          <dd>{memberTexts.since(user.date_joined)}</dd>
        </div>
      </dl>
    </div>
  );
}
