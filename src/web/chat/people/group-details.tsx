import { useState } from "preact/hooks";
import type { Conversation, ConversationInfo, User } from "../../../client/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Button, IconButton } from "../../design/button.tsx";
import { confirm } from "../../design/confirm.tsx";
import { Field } from "../../design/field.tsx";
import { FormMessage } from "../../design/form.tsx";
import { texts } from "../../texts/texts.ts";
import { closeDialog, openDialog, showPerson } from "../dialogs.ts";
import { closeConversation } from "../routing.ts";
import { usePresence } from "../session/presence.ts";
import { me } from "../session/session.ts";
import { useMembers } from "./members.ts";
import { PersonLine } from "./person-row.tsx";
import { useTask } from "./task.ts";

/** A group: its name, its people, and the way out. */
export function GroupDetails({ conversation, info }: { conversation: Conversation; info: ConversationInfo }) {
  const task = useTask();
  const { members, hasMore, loadMore, reload } = useMembers(conversation);
  const presence = usePresence(members.map((user) => user.id));
  const isOwner = info.owner_id === me.value?.id;

  async function remove(user: User) {
    const text = texts.people.removeText(user.full_name);
    if (!(await confirm({ title: texts.people.removeTitle, text, action: texts.people.remove, danger: true }))) return;
    if (await task.run(() => conversation.removeParticipant(user.id))) await reload();
  }

  async function leave() {
    const text = isOwner ? texts.people.leaveTextOwner : texts.people.leaveText;
    if (!(await confirm({ title: texts.people.leaveTitle, text, action: texts.people.leave, danger: true }))) return;
    if (!(await task.run(() => conversation.leave()))) return;
    closeDialog();
    closeConversation();
  }

  return (
    <>
      <FormMessage text={task.fault} />
      <GroupName conversation={conversation} info={info} />
      <div class="members-head">
        <h3>{texts.people.count(info.participant_count)}</h3>
        <Button
          icon="user-add"
          onClick={() => {
            openDialog.value = { kind: "add", conversationId: conversation.id };
          }}
        >
          {texts.people.addPeople}
        </Button>
      </div>
      <ul class="rows">
        {members.map((user) => (
          <li key={user.id} class="row row-tight">
            <button type="button" class="row-button" onClick={() => showPerson(user)}>
              <PersonLine user={user} presence={presence(user.id)} note={noteOn(user, info)} />
            </button>
            {isOwner && user.id !== me.value?.id && (
              <IconButton
                icon="user-remove"
                danger
                label={texts.people.removeOf(user.full_name)}
                onClick={() => void remove(user)}
              />
            )}
          </li>
        ))}
      </ul>
      {hasMore && (
        <Button wide onClick={loadMore}>
          {texts.people.more}
        </Button>
      )}
      <div class="details-end">
        <Button kind="danger" icon="sign-out" busy={task.busy} onClick={() => void leave()}>
          {texts.people.leave}
        </Button>
      </div>
    </>
  );
}

function noteOn(user: User, info: ConversationInfo): string {
  if (user.id === info.owner_id) return texts.people.owner;
  return user.id === me.value?.id ? texts.people.you : "";
}

function GroupName({ conversation, info }: { conversation: Conversation; info: ConversationInfo }) {
  const [name, setName] = useState<string>();
  const task = useTask();
  if (name === undefined)
    return (
      <div class="person-head">
        <Avatar name={info.display_name} id={info.id} group size="l" />
        <p class="person-name">
          <bdi>{info.display_name}</bdi>
        </p>
        <IconButton icon="edit" label={texts.people.rename} onClick={() => setName(info.name ?? "")} />
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
    >
      <Field
        name="name"
        label={texts.people.groupName}
        hint={texts.people.groupNameHint}
        errors={task.fault ? [task.fault] : undefined}
        value={name}
        maxLength={255}
        autocomplete="off"
        onInput={setName}
        inputRef={(input) => void (task.busy || input?.focus())}
      />
      <div class="form-actions">
        <Button kind="primary" type="submit" busy={task.busy}>
          {texts.settings.save}
        </Button>
        <Button onClick={() => setName(undefined)}>{texts.design.cancel}</Button>
      </div>
    </form>
  );
}
