import { useEffect, useRef, useState } from "preact/hooks";
import { reactedBy } from "../../../../sdk/features/reactions.ts";
import type { Reacted } from "../../../../sdk/index.ts";
import { Avatar } from "../../../design/avatar.tsx";
import { Button } from "../../../design/button.tsx";
import { Spinner } from "../../../design/spinner.tsx";
import { numbers } from "../../../texts/format.ts";
import { reactionTexts } from "../../../texts/reactions.ts";
import { texts } from "../../../texts/texts.ts";
import { noteNames } from "./names.ts";
import { openPanel } from "./panel.tsx";
import type { ReactedMessage } from "./place.ts";
import "./who.css";

interface WhoProps extends ReactedMessage {
  first: string;
  move: () => void;
}

/** Shows the people who have reacted to a message, beginning with those of one emoji. */
export function showWho(reacted: ReactedMessage, emoji: string, place: HTMLElement | "sheet") {
  openPanel(reactionTexts.who, place, ({ move }) => <Who {...reacted} first={emoji} move={move} />);
}

function Who({ message, conversation, first, move }: WhoProps) {
  const [chosen, choose] = useState(first);
  const [people, setPeople] = useState<readonly Reacted[]>([]);
  const [next, setNext] = useState<string | null>();
  const [hasFailed, setFailed] = useState(false);
  const newest = useRef(0);
  const reactions = message.reactions ?? [];
  const total = reactions.find(({ emoji }) => emoji === chosen)?.count ?? 0;

  async function load(after?: string) {
    const own = ++newest.current;
    setFailed(false);
    try {
      const page = await reactedBy(conversation, message.id ?? "", { emoji: chosen, ...(after && { after }) });
      if (own !== newest.current) return;
      noteNames(page.people);
      setPeople((before) => (after === undefined ? page.people : [...before, ...page.people]));
      setNext(page.next_after);
    } catch {
      if (own === newest.current) setFailed(true);
    }
  }
  useEffect(() => {
    setPeople([]);
    setNext(undefined);
    void load();
  }, [chosen]);
  useEffect(move, [people.length]);

  return (
    <>
      <div class="who-emoji" role="toolbar" aria-label={reactionTexts.bar}>
        {reactions.map(({ emoji, count }) => (
          <button
            key={emoji}
            type="button"
            class="reaction"
            aria-pressed={emoji === chosen}
            aria-label={`${emoji} ${numbers.format(count)}`}
            onClick={() => choose(emoji)}
          >
            <span class="emoji">{emoji}</span> {numbers.format(count)}
          </button>
        ))}
      </div>
      <ul class="who-people" aria-label={reactionTexts.who} aria-busy={next === undefined && !hasFailed}>
        {people.map(({ user_id, full_name }) => (
          <li key={user_id}>
            <Avatar name={full_name} id={user_id} />
            <bdi class="clip">{full_name}</bdi>
          </li>
        ))}
      </ul>
      {next === undefined && !hasFailed && <Spinner />}
      {hasFailed && (
        <p class="who-failed" role="alert">
          {reactionTexts.failed} <Button onClick={() => void load(next ?? undefined)}>{texts.design.tryAgain}</Button>
        </p>
      )}
      {next && !hasFailed && (
        <Button kind="quiet" wide onClick={() => void load(next)}>
          {reactionTexts.more(Math.max(1, total - people.length))}
        </Button>
      )}
    </>
  );
}
