import { useId, useState } from "preact/hooks";
import { vote } from "../../../sdk/features/polls.ts";
import type { Poll } from "../../../sdk/public/polls.ts";
import { toast } from "../../design/toast.tsx";
import { list } from "../../texts/format.ts";
import { pollTexts } from "../../texts/polls.ts";
import type { MessagePartProps } from "../messages/message-part.ts";
import { fullTime } from "../messages/times.ts";
import { useSession } from "../session/context.ts";
import { useClosed } from "./closing.ts";
import { namesOf } from "./names.ts";
import { useOwnVote } from "./own-vote.ts";
import "./card.css";

/** A poll in place of the message's text. */
export function PollCard({ message, conversation, isActive }: MessagePartProps) {
  const { me } = useSession();
  const { poll } = message;
  return poll && me.value ? <Card {...{ message, conversation, isActive, poll, userId: me.value.id }} /> : null;
}

function Card({ message, conversation, isActive, poll, userId }: MessagePartProps & { poll: Poll; userId: number }) {
  const id = useId();
  const isClosed = useClosed(poll.closes_at);
  const { chosen, remember } = useOwnVote(conversation, message, poll, userId);
  const [isOpen, setOpen] = useState(false);
  const choose = (options: readonly number[]) => {
    vote(conversation, message, options, chosen).done.catch((error: unknown) => {
      remember(chosen);
      toast(error instanceof Error ? error.message : pollTexts.refused, { error: true });
    });
    remember(options);
  };
  const toggle = (option: number, isOn: boolean) => {
    if (!poll.multiple) return choose([option]);
    choose(isOn ? [...chosen, option].sort((a, b) => a - b) : chosen.filter((other) => other !== option));
  };
  const share = (option: number) => (poll.voters === 0 ? 0 : ((poll.votes[option] ?? 0) / poll.voters) * 100);
  const tabIndex = isActive ? 0 : -1;
  return (
    <section class="poll" aria-labelledby={id}>
      <p id={id} class="poll-question" dir="auto">
        {poll.question}
      </p>
      <fieldset class="poll-options" disabled={isClosed} aria-labelledby={id}>
        {poll.options.map((text, option) => (
          <label key={text} class="poll-option">
            <input
              type={poll.multiple ? "checkbox" : "radio"}
              name={id}
              tabIndex={tabIndex}
              checked={chosen.includes(option)}
              onChange={(event) => toggle(option, event.currentTarget.checked)}
            />
            <span class="poll-option-text" dir="auto">
              {text}
            </span>
            <bdi class="poll-count">{pollTexts.votes(poll.votes[option] ?? 0)}</bdi>
            <span class="poll-share" style={{ inlineSize: `${share(option)}%` }} hidden={share(option) === 0} />
          </label>
        ))}
      </fieldset>
      <p class="poll-foot">
        <bdi>{pollTexts.kind(poll.multiple, poll.anonymous)}</bdi>
        <bdi>{pollTexts.voters(poll.voters)}</bdi>
        {isClosed ? (
          <strong>{pollTexts.closed}</strong>
        ) : (
          poll.closes_at && <bdi>{pollTexts.closesAt(fullTime(poll.closes_at))}</bdi>
        )}
        {chosen.length > 0 && !isClosed && (
          <button type="button" class="text-button" tabIndex={tabIndex} onClick={() => choose([])}>
            {pollTexts.retract}
          </button>
        )}
        {!poll.anonymous && poll.voters > 0 && (
          <button
            type="button"
            class="text-button"
            tabIndex={tabIndex}
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? pollTexts.hide : pollTexts.whoVoted}
          </button>
        )}
      </p>
      {isOpen && !poll.anonymous && (
        <dl class="poll-who">
          {poll.options.map((text, option) => (
            <div key={text}>
              <dt dir="auto">{text}</dt>
              <dd>{whoChose(namesOf(conversation, poll.user_ids?.[option] ?? []), poll.votes[option] ?? 0)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

/** The names that are known, and how many people there are besides. */
function whoChose(names: string[], votes: number): string {
  if (votes === 0) return pollTexts.nobody;
  return votes > names.length ? `${names.join(", ")} ${pollTexts.andMore(votes - names.length)}` : list.format(names);
}
