import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Mentioned } from "../../../../text/parsed.ts";
import { mentionMark } from "../../../../text/parsed.ts";
import { useSession } from "../../session/context.ts";
import { type Mentioning, mentionedName } from "./names.ts";

/** The message whose text is shown. */
export const MentionsOf = createContext<Mentioning | undefined>(undefined);

/** A mention in a text. A press opens the card of its person. */
export function Pill({ of }: { of: Mentioned }) {
  const message = useContext(MentionsOf);
  const { me } = useSession();
  if (!message) return <>{mentionMark(of)}</>;
  const isOwn = typeof of !== "number" || of === me.value?.id;
  const name = <bdi>@{mentionedName(of, message)}</bdi>;
  const look = isOwn ? "mention mention-own" : "mention";
  if (typeof of !== "number") return <span class={look}>{name}</span>;
  return (
    <button type="button" class={look} data-person={of} aria-haspopup="dialog" tabIndex={-1}>
      {name}
    </button>
  );
}
