import { useRef, useState } from "preact/hooks";
import type { User } from "../../../sdk/index.ts";
import { Combobox } from "../../design/combobox.tsx";
import { Icon } from "../../design/icon.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { peopleTexts } from "../../texts/people.ts";
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
  /** The ids of people who are members already. They are shown, and can't be chosen. */
  members?: ReadonlySet<number>;
}

/** Finds people and chooses any number of them. The keyboard is enough: letters, arrow keys, Enter, Backspace. */
export function PeoplePicker({ chosen, onChange, onDone, members }: PickerProps) {
  const [text, setText] = useState("");
  /** The row that arrow keys moved to. */
  const [at, setAt] = useState<number>();
  const input = useRef<HTMLInputElement>(null);
  const search = usePeople(text);
  const { users } = search;
  const presence = usePresence(users.map((user) => user.id));
  const isMember = (user: User) => members?.has(user.id) ?? false;
  // Enter after some letters chooses somebody who is not in yet.
  const first = Math.max(
    users.findIndex((user) => !isMember(user)),
    0,
  );
  const row = Math.min(at ?? first, users.length - 1);
  const active = users[row];
  const isChosen = (user: User) => chosen.some((other) => other.id === user.id);

  function toggle(user: User) {
    if (!isMember(user)) onChange(isChosen(user) ? chosen.filter((other) => other.id !== user.id) : [...chosen, user]);
    setText("");
    setAt(undefined);
    input.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "ArrowDown") setAt(Math.min(row + 1, users.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(row - 1, 0));
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onDone();
    else if (event.key === "Enter" && text === "" && chosen.length > 0 && at === undefined) onDone();
    else if (event.key === "Enter" && active) toggle(active);
    else if (event.key === "Backspace" && text === "" && chosen.length > 0) onChange(chosen.slice(0, -1));
    else return;
    event.preventDefault();
  }

  return (
    <Combobox
      label={peopleTexts.search}
      listLabel={peopleTexts.people}
      placeholder={chosen.length === 0 ? peopleTexts.search : undefined}
      text={text}
      onText={(value) => {
        setText(value);
        setAt(undefined);
      }}
      onKeyDown={onKeyDown}
      items={users}
      keyOf={(user) => user.id}
      active={active}
      isSelected={isChosen}
      isDisabled={isMember}
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
          aria-label={peopleTexts.unchoose(user.full_name)}
          onClick={() => toggle(user)}
        >
          <bdi class="clip">{user.full_name}</bdi>
          <Icon name="close" />
        </button>
      ))}
      draw={(user) => (
        <>
          <PersonLine user={user} presence={presence(user.id)} note={isMember(user) ? peopleTexts.alreadyIn : ""} />
          <span class="option-check">{isChosen(user) && <Icon name="check" />}</span>
        </>
      )}
    >
      <p class="visually-hidden" role="status">
        {search.isLoading || search.fault ? "" : peopleTexts.found(search.total)}
      </p>
      {search.fault && (
        <p class="form-message" role="alert">
          {search.fault}
        </p>
      )}
      {!search.isLoading && !search.fault && users.length === 0 && <NobodyFound text={text} />}
      {search.isLoading && users.length === 0 && <Skeleton lines={5} />}
    </Combobox>
  );
}

function NobodyFound({ text }: { text: string }) {
  if (text.trim()) return <p class="soft picker-empty">{peopleTexts.nobodyFound(text.trim())}</p>;
  return directoryOpen ? <Invite /> : <p class="soft picker-empty">{texts.home.notShared}</p>;
}
