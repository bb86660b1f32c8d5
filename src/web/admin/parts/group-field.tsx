import { useEffect, useState } from "preact/hooks";
import type { AdminConversation } from "../../../protocol/admin.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Button } from "../../design/button.tsx";
import { Combobox } from "../../design/combobox.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { adminTexts } from "../../texts/admin/texts.ts";
import { useLoad } from "../base/load.ts";
import { titleOf } from "./conversation-title.ts";
import { useDelayed } from "./delayed.ts";

const { groups: texts } = adminTexts;
const SHOWN = 50;

export interface Group {
  id: string;
  name: string;
}

export interface GroupFieldProps {
  label: string;
  hint: string;
  /** The text while no group is chosen. */
  none: string;
  group: Group | undefined;
  errors?: readonly string[] | undefined;
  onChange: (group: Group | undefined) => void;
}

/** A field for one group or none. */
export function GroupField({ label, hint, none, group, errors = [], onChange }: GroupFieldProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <fieldset class="choice">
      <legend class="field-label">{label}</legend>
      <div class="group-field">
        <span class={group ? "group-chosen" : "group-chosen soft"} dir="auto">
          {group?.name ?? none}
        </span>
        <Button icon="search" onClick={() => setOpen(true)}>
          {texts.choose}
        </Button>
        {group && (
          <Button icon="close" onClick={() => onChange(undefined)}>
            {texts.take}
          </Button>
        )}
      </div>
      {errors.length > 0 && (
        <p class="field-error" role="alert">
          {errors.join(" ")}
        </p>
      )}
      <p class="field-hint">{hint}</p>
      {isOpen && (
        <GroupDialog
          onClose={() => setOpen(false)}
          onChoose={(chosen) => {
            setOpen(false);
            onChange(chosen);
          }}
        />
      )}
    </fieldset>
  );
}

function GroupDialog({ onClose, onChoose }: { onClose: () => void; onChoose: (group: Group) => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  // Enter right after typing chooses the first group of the answer that is still on its way.
  const [isEntered, setEntered] = useState(false);
  const search = useDelayed(text.trim());
  const { answer, error, isStale } = useLoad<AdminConversation[]>(
    `conversations/?search=${encodeURIComponent(search)}&limit=${SHOWN}`,
  );
  const groups = (answer?.data ?? []).filter((conversation) => conversation.is_group);
  const active = groups[Math.min(at, groups.length - 1)];
  const choose = (conversation: AdminConversation) => onChoose({ id: conversation.id, name: titleOf(conversation) });
  const isFresh = !isStale && search === text.trim();
  useEffect(() => {
    if (!isEntered || !isFresh) return;
    setEntered(false);
    if (active) choose(active);
  }, [isEntered, isFresh]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((before) => Math.max(0, Math.min(groups.length - 1, before + step)));
    else if (event.key === "Enter") setEntered(true);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={texts.title} shape="top" onClose={onClose}>
      <Combobox
        label={texts.search}
        listLabel={texts.title}
        placeholder={texts.search}
        text={text}
        onText={(typed) => {
          setText(typed);
          setAt(0);
          setEntered(false);
        }}
        onKeyDown={onKeyDown}
        items={groups}
        keyOf={({ id }) => id}
        active={active}
        isSelected={(group) => group === active}
        onChoose={choose}
        draw={(group) => (
          <>
            <Avatar name={titleOf(group)} id={group.id} group size="s" />
            <span class="person-texts">
              <span dir="auto">{titleOf(group)}</span>
              <span class="soft">{adminTexts.conversations.group(group.participant_count)}</span>
            </span>
          </>
        )}
      >
        <div role="status">
          {error && <p class="field-error">{error.message}</p>}
          {!error && !isStale && groups.length === 0 && <p class="soft picker-empty">{adminTexts.nothing}</p>}
        </div>
      </Combobox>
    </Dialog>
  );
}
