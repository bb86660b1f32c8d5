import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ChatMessage, Conversation, MessageView, MessageWindow } from "../../../sdk/index.ts";
import { linkedReply, openConversation, type Place, route, visit } from "../base/routing.ts";

/** The message that the list brings into view. */
export interface Aim {
  /**
   * - `link`: somebody follows a link to it
   * - `unread`: it is the first new one
   * - `place`: the reader was here before
   * - `edit`: somebody edits it
   * - `found`: a search in the conversation leads to it, and keeps the focus
   * - `newest`: the newest one, whatever `seq` says
   */
  kind: "link" | "unread" | "place" | "edit" | "found" | "newest";
  seq: number;
  /** For a `place`. */
  offset?: number;
  /** Somebody has asked for it. `typed` is what stood in the text field then. */
  isAsked?: boolean;
  typed?: string | undefined;
}

/** Milliseconds. After that, the newest messages show while others are on their way. */
const PATIENCE_MS = 1_000;

export type Shown = ReturnType<typeof useView>;

/**
 * Chooses the messages that the list shows: the newest ones, or a window elsewhere in the conversation. The address, the
 * first new message and the history of the browser lead to a window.
 */
export function useView(conversation: Conversation) {
  const [shown, setShown] = useState<{ view: MessageView; aim: Aim | undefined }>({
    view: conversation,
    aim: undefined,
  });
  /** The aim whose messages are on their way, or could not be loaded. */
  const [pending, setPending] = useState<{ aim: Aim; hasFailed: boolean }>();
  /** Nothing shows before the messages of the first aim are there. */
  const [isHeld, setHeld] = useState(false);
  const open = useRef<MessageWindow | undefined>(undefined);
  const walk = useRef(0);
  /** Counts the moves of the reader in the list. */
  const moves = useRef(0);
  /** Returns where the reader is, as `reading.place` does. The list of messages sets it. */
  const place = useRef<() => Place | undefined>(() => undefined);
  const [since] = useState(Date.now);
  const hasBegun = useRef(false);
  const wasListed = useRef(false);

  const show = (view: MessageView, aim: Aim | undefined, window?: MessageWindow) => {
    walk.current++;
    if (open.current !== window && view !== open.current) {
      open.current?.close();
      open.current = window;
    }
    setShown({ view, aim });
    setPending(undefined);
    setHeld(false);
  };

  /** Shows the aim at once where it is loaded, or opens a window around it. */
  const go = async (aim: Aim) => {
    if (shown.view.indexOf(aim.seq) >= 0) return show(shown.view, aim);
    const own = ++walk.current;
    const before = moves.current;
    setPending({ aim, hasFailed: false });
    try {
      const window = await conversation.around(aim.seq);
      // A reader who has moved meanwhile stays in place, unless they have followed a link.
      const isWanted = own === walk.current && (isAskedFor(aim) || moves.current === before);
      if (isWanted) show(window, aim, window);
      else window.close();
      if (own === walk.current) setPending(undefined);
    } catch {
      if (own !== walk.current) return;
      setPending({ aim, hasFailed: true });
      setHeld(false);
    }
  };
  const stop = () => {
    walk.current++;
    setPending(undefined);
    setHeld(false);
  };
  const toOwn = (aim: Aim) => {
    show(conversation, aim);
    if (seqOf(conversation) !== undefined) openConversation(conversation.id, { replace: true });
  };
  const toNewest = () => toOwn({ kind: "newest", seq: 0 });
  /** Shows a message that the conversation itself has. */
  const toEdited = ({ seq = 0 }: ChatMessage) => toOwn({ kind: "edit", seq });

  const first = hasBegun.current ? undefined : firstAim(conversation, visit.value.place);
  const isFar = first !== undefined && conversation.indexOf(first.seq) < 0;
  useLayoutEffect(() => {
    if (hasBegun.current || (!first && conversation.state !== "live")) return;
    hasBegun.current = true;
    // The list itself leads to a new message that is loaded.
    if (!first || (first.kind === "unread" && !isFar)) return;
    setHeld(isFar && !wasListed.current);
    void go(first);
    // Somebody who follows a link wants no other messages.
    if (first.kind !== "link") setTimeout(setHeld, PATIENCE_MS, false);
  });
  useEffect(() => {
    if (!isHeld && !isFar && conversation.messages.length > 0) wasListed.current = true;
  });

  // Another visit of this conversation, while it is open.
  const visited = useRef(visit.value);
  useLayoutEffect(() => {
    if (visited.current === visit.value) return;
    visited.current = visit.value;
    const aim = addressedAim(conversation, visit.value.place);
    if (aim) void go(aim);
    else if (open.current) show(conversation, { kind: "newest", seq: 0 });
  }, [visit.value]);

  useEffect(
    () => () => {
      walk.current++;
      open.current?.close();
    },
    [],
  );

  return {
    ...shown,
    pending,
    isHeld: isHeld || (isFar && !wasListed.current),
    moves,
    place,
    since,
    go,
    stop,
    toNewest,
    toEdited,
  };
}

/** Somebody waits for this message, whatever they do meanwhile. */
const isAskedFor = ({ kind }: Aim) => kind === "link" || kind === "found";

/** The message in the address, if it is that of this conversation. */
const seqOf = ({ id }: Conversation) => {
  const at = route.peek();
  return at.page === "conversation" && at.id === id ? at.seq : undefined;
};

const replyIn = ({ id }: Conversation) => (linkedReply.current?.id === id ? linkedReply.current.seq : undefined);

function addressedAim(conversation: Conversation, place: Place | undefined): Aim | undefined {
  const seq = seqOf(conversation) ?? replyIn(conversation);
  if (place) return { kind: "place", ...place };
  return seq === undefined ? undefined : { kind: "link", seq };
}

function firstAim(conversation: Conversation, place: Place | undefined): Aim | undefined {
  const { state, unread, readSeq, prunedSeq } = conversation;
  const isNew = state === "live" && unread > 0;
  return (
    addressedAim(conversation, place) ?? (isNew ? { kind: "unread", seq: Math.max(readSeq, prunedSeq) + 1 } : undefined)
  );
}
