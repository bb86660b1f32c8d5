import { useRef, useState } from "preact/hooks";
import type { User } from "../../../sdk/index.ts";
import { Combobox } from "../../design/combobox.tsx";
import { Icon } from "../../design/icon.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { texts } from "../../texts/texts.ts";
import { usePresence } from "../session/presence.ts";
import { directoryOpen } from "../session/server.ts";
import { Invite } from "./invite.tsx";
import { PersonLine } from "./person-row.tsx";
import { usePeople } from "./search.ts";

export interface PickerProps {
  chosen: readonly User[];
  onChange: (chosen: readonly User[]) => void;
  /** Called for Enter in an empty field, once somebody is chosen. */
  onDone: () => void;
  /** The ids of people who are not offered, because they are members already. */
  without?: ReadonlySet<number>;
}

/** Finds people and chooses any number of them. The keyboard is enough: letters, arrow keys, Enter, Backspace. */
export function PeoplePicker({ chosen, onChange, onDone, without }: PickerProps) {
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
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, users.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onDone();
    else if (event.key === "Enter" && text === "" && chosen.length > 0 && at === 0) onDone();
    else if (event.key === "Enter" && active) toggle(active);
    else if (event.key === "Backspace" && text === "" && chosen.length > 0) onChange(chosen.slice(0, -1));
    else return;
    event.preventDefault();
  }

  return (
    <Combobox
      label={texts.people.search}
      listLabel={texts.people.people}
      placeholder={chosen.length === 0 ? texts.people.search : undefined}
      text={text}
      onText={(value) => {
        setText(value);
        setAt(0);
      }}
      onKeyDown={onKeyDown}
      items={users}
      keyOf={(user) => user.id}
      active={active}
      isSelected={isChosen}
      isMultiple
      onChoose={toggle}
      onScroll={(list) => {
        if (list.scrollHeight - list.scrollTop - list.clientHeight < 200) search.loadMore();
      }}
      inputRef={input}
      chosen={chosen.map((user) => (
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
      draw={(user) => (
        <>
          <PersonLine user={user} presence={presence(user.id)} />
          <span class="option-check">{isChosen(user) && <Icon name="check" />}</span>
        </>
      )}
    >
      <p class="visually-hidden" role="status">
        {search.isLoading || search.fault ? "" : texts.people.found(search.total)}
      </p>
      {search.fault && (
        <p class="form-message" role="alert">
          {search.fault}
        </p>
      )}
      {!search.isLoading && !search.fault && users.length === 0 && (
        <NobodyFound text={text} isAllIn={search.total > 0} />
      )}
      {search.isLoading && users.length === 0 && <Skeleton lines={5} />}
    </Combobox>
  );
}

function NobodyFound({ text, isAllIn }: { text: string; isAllIn: boolean }) {
  if (text.trim()) return <p class="soft picker-empty">{texts.people.nobodyFound(text.trim())}</p>;
  if (!isAllIn && directoryOpen) return <Invite />;
  return <p class="soft picker-empty">{isAllIn ? texts.people.allIn : texts.people.notShared}</p>;
}
