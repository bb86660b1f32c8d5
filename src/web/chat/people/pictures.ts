import type { ConfabClient, ConversationInfo, User } from "../../../sdk/index.ts";
import { avatarOf, findPicturesBy } from "../../design/pictures.ts";
import { knownConversations } from "../base/known-conversations.ts";

/** How long people are gathered whose pictures are not known, in ms. They are asked for together. */
const GATHER_MS = 200;
const ASKED_MAX = 100;

/** The pictures of people, by their ids. `undefined`: they have none. */
const known = new Map<number, string | undefined>();
/** The conversations whose members are in `known`. A change of members makes another object. */
let noted = new WeakSet<ConversationInfo>();
const unknown = new Set<number>();

const note = ({ id, avatar }: User) => {
  const isNew = known.get(id) !== avatar;
  known.set(id, avatar);
  return isNew;
};

/** Avatars have the pictures of this client's people from now on. */
export function followPictures(client: ConfabClient) {
  const find = (id: number, isLarge: boolean) => {
    if (client.me?.id === id) note(client.me);
    if (!known.has(id)) noteMembers();
    if (!known.has(id)) gather(id);
    const picture = known.get(id);
    return avatarOf({ avatar: picture }, isLarge ? 256 : 64);
  };
  const changed = () => findPicturesBy((...asked) => find(...asked));

  function noteMembers(): boolean {
    let isNew = false;
    for (const { info } of knownConversations(client)) {
      if (!info || noted.has(info)) continue;
      noted.add(info);
      for (const user of info.participants) isNew = note(user) || isNew;
    }
    return isNew;
  }

  function gather(id: number) {
    if (unknown.size === 0) setTimeout(ask, GATHER_MS);
    unknown.add(id);
  }

  async function ask() {
    const ids = [...unknown].filter((id) => !known.has(id)).slice(0, ASKED_MAX);
    unknown.clear();
    if (ids.length === 0 || client.state !== "online") return;
    // Marked as asked, so that a row that is drawn meanwhile does not ask again.
    for (const id of ids) known.set(id, undefined);
    try {
      const { findAvatars } = await import("../../../sdk/features/pictures.ts");
      const found = await findAvatars(client, ids);
      for (const [id, avatar] of found) known.set(id, avatar);
      if (found.size > 0) changed();
    } catch {
      for (const id of ids) known.delete(id);
    }
  }

  client.on("user", (user) => note(user) && changed());
  client.on("conversations", () => noteMembers() && changed());
  let userId = client.me?.id;
  client.on("me", (me) => {
    if (me?.id !== userId) {
      known.clear();
      noted = new WeakSet();
    }
    userId = me?.id;
    changed();
  });
  changed();
}
