import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { User } from "../../../client/index.ts";
import { Icon } from "../../design/icon.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { texts } from "../../texts/texts.ts";
import { usePresence } from "../session/presence.ts";
import { Invite } from "./invite.tsx";
import { PersonLine } from "./person-row.tsx";
import { usePeople } from "./search.ts";

export interface PickerProps {
  chosen: readonly User[];
  onChange: (chosen: readonly User[]) => void;
  /** Enter with an empty text, when somebody is chosen. */
  onDone: () => void;
  /** Not offered: those who are in already. */
  without?: ReadonlySet<number>;
}

/** Finds people and chooses any number of them; with the keyboard alone too: type, arrows, Enter, Backspace. */
export function PeoplePicker({ chosen, onChange, onDone, without }: PickerProps) {
  const id = useId();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const search = usePeople(text);
  const users = without ? search.users.filter((user) => !without.has(user.id)) : search.users;
  const presence = usePresence(users.map((user) => user.id));
  const active = users[Math.min(at, users.length - 1)];
  const isChosen = (user: User) => chosen.some((other) => other.id === user.id);

  function toggle(user: User) {
    onChange(isChosen(user) ? chosen.filter((other) => other.id !== user.id) : [...chosen, user]);
    setText("");
    setAt(0);
    input.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, users.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onDone();
    else if (event.key === "Enter" && text === "" && chosen.length > 0 && at === 0) onDone();
    else if (event.key === "Enter" && active) toggle(active);
    else if (event.key === "Backspace" && text === "" && chosen.length > 0) onChange(chosen.slice(0, -1));
    else return;
    event.preventDefault();
  }

  useEffect(() => {
    document.getElementById(`${id}-${active?.id}`)?.scrollIntoView({ block: "nearest" });
  }, [id, active?.id]);

  return (
    <div class="picker">
      <div class="picker-box">
        <Icon name="search" />
        {chosen.map((user) => (
          <button
            key={user.id}
            type="button"
            class="chip"
            aria-label={texts.people.unchoose(user.full_name)}
            onClick={() => toggle(user)}
          >
            <bdi class="clip">{user.full_name}</bdi>
            <Icon name="close" />
          </button>
        ))}
        <input
          ref={input}
          type="text"
          role="combobox"
          class="field-input"
          dir="auto"
          data-autofocus
          aria-label={texts.people.search}
          placeholder={chosen.length === 0 ? texts.people.search : undefined}
          aria-expanded={users.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={active && `${id}-${active.id}`}
          aria-autocomplete="list"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <p class="visually-hidden" role="status">
        {search.isLoading ? "" : texts.people.found(search.total)}
      </p>
      {search.fault && <p class="form-message">{search.fault}</p>}
      {!search.isLoading && !search.fault && users.length === 0 && (
        <NobodyFound text={text} isAllIn={search.total > 0} />
      )}
      {search.isLoading && users.length === 0 && <Skeleton lines={5} />}
      <div
        id={`${id}-list`}
        role="listbox"
        aria-multiselectable="true"
        aria-label={texts.people.people}
        class="picker-list"
        tabIndex={-1}
        onScroll={({ currentTarget: list }) => {
          if (list.scrollHeight - list.scrollTop - list.clientHeight < 200) search.loadMore();
        }}
      >
        {users.map((user) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the text field above hears the keys, as in every combobox
          <div
            key={user.id}
            id={`${id}-${user.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={isChosen(user)}
            class={user === active ? "row option option-active" : "row option"}
            onClick={() => toggle(user)}
          >
            <PersonLine user={user} presence={presence(user.id)} />
            <span class="option-check">{isChosen(user) && <Icon name="check" />}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

function NobodyFound({ text, isAllIn }: { text: string; isAllIn: boolean }) {
  if (text.trim()) return <p class="soft picker-empty">{texts.people.nobodyFound(text.trim())}</p>;
  return isAllIn ? <p class="soft picker-empty">{texts.people.allIn}</p> : <Invite />;
}
