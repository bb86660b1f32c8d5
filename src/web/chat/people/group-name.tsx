import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Conversation, ConversationInfo } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Button, IconButton } from "../../design/button.tsx";
import { Field } from "../../design/field.tsx";
import { isComposing } from "../../design/keys.ts";
import { groupPicture } from "../../design/pictures.ts";
import { memberTexts } from "../../texts/members.ts";
import { peopleTexts } from "../../texts/people.ts";
import { texts } from "../../texts/texts.ts";
import { titleOf } from "../base/conversation-title.ts";
import { useTask } from "../base/task.ts";
import { useSession } from "../session/context.ts";

/** The name of a group, with a button to rename it. */
export function GroupName({ conversation, info }: { conversation: Conversation; info: ConversationInfo }) {
  const { me } = useSession();
  const [name, setName] = useState<string>();
  const task = useTask();
  const field = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const isEdited = name !== undefined;
  const wasEdited = useRef(isEdited);
  // The focus moves to the field when editing starts and back to the button when it ends, and never in between.
  useLayoutEffect(() => {
    if (wasEdited.current !== isEdited) (isEdited ? field : button).current?.focus();
    wasEdited.current = isEdited;
  }, [isEdited]);
  const title = titleOf(conversation, me.value);
  if (name === undefined)
    return (
      <div class="person-head">
        <Avatar name={title} id={info.id} picture={groupPicture(info, 256)} group size="l" />
        <p class="person-name">
          <bdi>{title}</bdi>
        </p>
        <IconButton
          buttonRef={button}
          icon="edit"
          label={memberTexts.rename}
          onClick={() => setName(info.name ?? "")}
        />
      </div>
    );
  const save = async () => {
    if (await task.run(() => conversation.rename(name.trim() || null))) setName(undefined);
  };
  return (
    <form
      class="form group-name"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        // Escape ends the editing only, and does not close the dialog.
        if (event.key !== "Escape" || isComposing(event)) return;
        event.preventDefault();
        setName(undefined);
      }}
    >
      <Field
        name="name"
        label={peopleTexts.groupName}
        hint={peopleTexts.groupNameHint}
        errors={task.fault ? [task.fault] : undefined}
        value={name}
        maxLength={255}
        autocomplete="off"
        onInput={setName}
        inputRef={field}
      />
      <div class="form-actions">
        <Button kind="primary" type="submit" busy={task.busy}>
          {texts.design.save}
        </Button>
        <Button onClick={() => setName(undefined)}>{texts.design.cancel}</Button>
      </div>
    </form>
  );
}
