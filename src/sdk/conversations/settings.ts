import { later } from "../base/platform.ts";
import type { LiveConversation, Settings } from "../parts/conversation.ts";
import type { StoredState } from "../parts/frames.ts";

/** No timer can wait longer, in ms. */
const TIMER_MAX_MS = 2 ** 31;

/** When the mute of a conversation ends, in ms. Infinity: never. 0: it is not muted. */
export const muteEnds = ({ level, muted_until }: StoredState): number =>
  level === "nothing" ? Infinity : Date.parse(muted_until ?? "") || 0;

/** Keeps the personal settings of a conversation: the server's state, and above it the changes that wait for the server. */
export function createSettings(conversation: () => LiveConversation): Settings {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const notifyChanged = () => conversation().notifyChanged();

  const settings: Settings = {
    version: -1,
    state: { archived_seq: null, muted_until: null, level: "all", unread_seq: null },
    pending: [],
    get preferences() {
      const { readState, activeAt } = conversation();
      const shown: StoredState = Object.assign({}, settings.state, ...settings.pending);
      const { archived_seq, muted_until, level, unread_seq } = shown;
      const ends = muteEnds(shown);
      const isMuted = ends > Date.now();
      return {
        // The newest message decides. One that came while the conversation was muted does not bring it back.
        archived: archived_seq !== null && (archived_seq >= readState.head || ends >= activeAt),
        mutedUntil: isMuted ? muted_until : null,
        level,
        markedUnread: unread_seq !== null && unread_seq >= readState.seq,
        isMuted,
      };
    },
    apply(state, version) {
      if (version < settings.version) return;
      settings.version = version;
      settings.state = state;
      clearTimeout(timer);
      const ms = muteEnds(state) - Date.now() + 1;
      if (ms > 0 && ms < TIMER_MAX_MS) timer = later(notifyChanged, ms);
      notifyChanged();
    },
  };
  return settings;
}
