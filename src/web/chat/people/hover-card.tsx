import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Conversation, User } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Button } from "../../design/button.tsx";
import { avatarOf } from "../../design/pictures.ts";
import { placeAt } from "../../design/placed.ts";
import { memberTexts } from "../../texts/members.ts";
import { peopleTexts } from "../../texts/people.ts";
import type { AskedPerson } from "../base/asked-person.ts";
import { navigate, pathTo } from "../base/routing.ts";
import { useTask } from "../base/task.ts";
import { useSession } from "../session/context.ts";
import { usePresenceOf } from "../session/presence.ts";
import { writeTo } from "./write-to.ts";
import "./hover-card.css";

/** Milliseconds. A pointer on its way over the name opens no card, and may leave for a moment on its way to the card. */
const HOVER_MS = 300;
const LEAVE_MS = 200;
/** The most members that the server returns at once. */
const MEMBERS = 1000;

/** The card of the author that was pointed at last. */
export function HoverCard({ asked }: { asked: AskedPerson }) {
  const [shown, show] = useState<AskedPerson>();
  useEffect(() => {
    const { owner, isPressed } = asked;
    if (isPressed) return show(asked);
    if (owner === shown?.owner) return;
    const timer = setTimeout(() => {
      // The pointer may have left while this part of the page loaded. An open menu stays.
      const isOver = owner.matches(":hover, :focus-visible");
      if (isOver && !document.querySelector(":popover-open:not(.tooltip, .person-hover)")) show(asked);
    }, HOVER_MS);
    const give = () => clearTimeout(timer);
    const ended = new AbortController();
    for (const type of ["pointerleave", "focusout", "click"])
      owner.addEventListener(type, give, { signal: ended.signal });
    return () => {
      give();
      ended.abort();
    };
  }, [asked]);
  return shown ? <OpenCard key={shown.id} asked={shown} onClose={() => show(undefined)} /> : null;
}

interface OpenCardProps {
  asked: AskedPerson;
  onClose: () => void;
}

function OpenCard({ asked, onClose }: OpenCardProps) {
  const { owner, id, isPressed, conversation } = asked;
  const { person, isGone } = usePerson(conversation, id);
  const name = person?.full_name ?? asked.name;
  const card = useRef<HTMLDivElement>(null);
  const place = () => {
    if (card.current && owner.isConnected) placeAt(card.current, owner.getBoundingClientRect());
  };
  useLayoutEffect(() => {
    const popover = card.current;
    if (!popover) return;
    if (!popover.matches(":popover-open")) popover.showPopover();
    place();
    if (isPressed) (popover.querySelector("button") ?? popover).focus();
  }, [asked]);
  // More is known now, so the card is taller.
  useLayoutEffect(place, [person]);
  useEffect(() => {
    const popover = card.current;
    if (!popover) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stay = () => clearTimeout(timer);
    const leave = () => {
      stay();
      timer = setTimeout(() => {
        const isIn = popover.matches(":hover, :focus-within") || owner.matches(":hover, :focus-visible");
        if (!isIn) popover.hidePopover();
      }, LEAVE_MS);
    };
    const ended = new AbortController();
    const { signal } = ended;
    for (const one of [owner, popover]) {
      one.addEventListener("pointerenter", stay, { signal });
      if (!isPressed) for (const type of ["pointerleave", "focusout"]) one.addEventListener(type, leave, { signal });
    }
    const scroller = owner.closest(".messages-scroller");
    scroller?.addEventListener("scroll", () => popover.hidePopover(), { signal });
    return () => {
      stay();
      ended.abort();
    };
  }, [asked]);
  return (
    <div
      ref={card}
      popover="auto"
      role="dialog"
      tabIndex={-1}
      aria-label={memberTexts.card.label(name)}
      class="menu menu-placed person-hover"
      onToggle={(event) => {
        // A press on the name closes the card, and opens it again before this event.
        if (!event.currentTarget.matches(":popover-open")) onClose();
      }}
    >
      <CardHead name={name} id={id} person={person} isGone={isGone} />
      {person && <CardAction person={person} close={() => card.current?.hidePopover()} />}
    </div>
  );
}

interface CardHeadProps {
  name: string;
  id: number;
  person: User | undefined;
  isGone: boolean;
}

function CardHead({ name, id, person, isGone }: CardHeadProps) {
  const presence = usePresenceOf(person?.id);
  const seen = presence?.last_seen ?? person?.last_seen;
  const isOnline = presence?.online ?? false;
  return (
    <div class="person-hover-head">
      <Avatar name={name} id={id} picture={person && avatarOf(person, 256)} size="l" online={isOnline} />
      <div>
        <p class="person-hover-name">
          <bdi>{name}</bdi>
        </p>
        <p class="soft">
          {isGone
            ? memberTexts.card.gone
            : person?.is_active === false
              ? peopleTexts.deactivated
              : isOnline
                ? peopleTexts.online
                : seen
                  ? peopleTexts.lastSeen(seen)
                  : ""}
        </p>
        {person && (
          <p class="person-hover-email">
            <a href={`mailto:${person.email}`}>{person.email}</a>
          </p>
        )}
      </div>
    </div>
  );
}

function CardAction({ person, close }: { person: User; close: () => void }) {
  const { client, me } = useSession();
  const { card } = memberTexts;
  const task = useTask();
  if (person.id === me.value?.id)
    return (
      <Button wide icon="edit" onClick={() => navigate(pathTo("settings", "profile"))}>
        {card.editProfile}
      </Button>
    );
  const write = () => task.run(async () => void ((await writeTo(client, person)) && close()));
  return (
    <Button wide icon="message" busy={task.busy} onClick={() => void write()}>
      {card.write}
    </Button>
  );
}

/** The person with this id. `isGone`: is no longer a member. Of members after the first thousand only the name is known. */
function usePerson(conversation: Conversation, id: number): { person: User | undefined; isGone: boolean } {
  const { me } = useSession();
  const { info } = conversation;
  const known = me.value?.id === id ? me.value : info?.participants.find((user) => user.id === id);
  const isAllKnown = info !== undefined && info.participants.length >= info.participant_count;
  const [found, setFound] = useState<{ person: User | undefined; isGone: boolean }>();
  useEffect(() => {
    if (known || isAllKnown) return;
    let isAwaited = true;
    conversation.participants({ limit: MEMBERS }).then(
      ({ users, next }) => {
        const person = users.find((user) => user.id === id);
        if (isAwaited) setFound({ person, isGone: person === undefined && next === null });
      },
      // Without a connection the name is all there is.
      () => {},
    );
    return () => {
      isAwaited = false;
    };
  }, [id]);
  if (known) return { person: known, isGone: false };
  return found ?? { person: undefined, isGone: isAllKnown };
}
