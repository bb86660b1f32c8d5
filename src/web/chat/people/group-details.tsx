import { useLayoutEffect, useRef } from "preact/hooks";
import { removePicture, setPicture } from "../../../sdk/features/pictures.ts";
import type { Conversation, ConversationInfo, User } from "../../../sdk/index.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { confirm } from "../../design/confirm.ts";
import { FormMessage } from "../../design/form.tsx";
import { isFocusLost } from "../../design/lost-focus.ts";
import { memberTexts } from "../../texts/members.ts";
import { texts } from "../../texts/texts.ts";
import { openDialog, showPerson } from "../base/open-dialog.ts";
import { useTask } from "../base/task.ts";
import { LatestFiles } from "../files/latest-part.ts";
import { PictureButtons } from "../pictures/buttons.tsx";
import { PreferenceButtons } from "../preferences/buttons.tsx";
import { useSession } from "../session/context.ts";
import { usePresence } from "../session/presence.ts";
import { GroupName } from "./group-name.tsx";
import { leaveGroup } from "./leaving.ts";
import { useMembers } from "./members.ts";
import { PersonLine } from "./person-row.tsx";
import "./details.css";

/** The name and the members of a group, and a button to leave it. */
export function GroupDetails({ conversation, info }: { conversation: Conversation; info: ConversationInfo }) {
  const { me } = useSession();
  const task = useTask();
  const { members, hasMore, loadMore, reload } = useMembers(conversation);
  const presence = usePresence(members.map((user) => user.id));
  const isOwner = info.owner_id === me.value?.id;
  const list = useRef<HTMLUListElement>(null);
  /** The index of a pressed row that will disappear. The row that takes its place gets the focus, or the last one. */
  const pressedAt = useRef<number | undefined>(undefined);
  useLayoutEffect(() => {
    const rows = list.current?.querySelectorAll<HTMLElement>(".row-button");
    if (pressedAt.current === undefined || !rows || !isFocusLost()) return;
    rows[Math.min(pressedAt.current, rows.length - 1)]?.focus();
    pressedAt.current = undefined;
  }, [members]);

  async function remove(user: User) {
    const text = memberTexts.removeText(user.full_name);
    if (!(await confirm({ title: memberTexts.removeTitle, text, action: memberTexts.remove, danger: true }))) return;
    pressedAt.current = members.indexOf(user);
    if (await task.run(() => conversation.removeParticipant(user.id))) await reload();
  }

  function showMore() {
    pressedAt.current = members.length;
    loadMore();
  }

  const leave = () => task.run(() => leaveGroup(conversation, me.value));

  return (
    <>
      <FormMessage text={task.fault} />
      <GroupName conversation={conversation} info={info} />
      <PictureButtons
        hasPicture={info.picture !== undefined}
        isGroup
        save={(square) => setPicture(conversation, square)}
        remove={() => removePicture(conversation)}
      />
      <PreferenceButtons conversation={conversation} />
      <LatestFiles props={{ conversation }} />
      <div class="members-head">
        <h3 dir="auto">{memberTexts.count(info.participant_count)}</h3>
        <div class="form-actions">
          <Button
            icon="user-add"
            onClick={() => {
              openDialog.value = { kind: "add", conversationId: conversation.id };
            }}
          >
            {memberTexts.addPeople}
          </Button>
          <Button
            icon="link"
            onClick={() => {
              openDialog.value = { kind: "invites", conversationId: conversation.id };
            }}
          >
            {memberTexts.byLink}
          </Button>
        </div>
      </div>
      <ul class="rows" ref={list}>
        {members.map((user) => (
          <li key={user.id} class="row row-tight">
            <button type="button" class="row-button" onClick={() => showPerson(user)}>
              <PersonLine user={user} presence={presence(user.id)} note={noteOn(user, info, me.value?.id)} />
            </button>
            {isOwner && user.id !== me.value?.id && (
              <IconButton
                icon="user-remove"
                danger
                label={memberTexts.removeOf(user.full_name)}
                onClick={() => void remove(user)}
              />
            )}
          </li>
        ))}
      </ul>
      {hasMore && (
        <Button wide onClick={showMore}>
          {texts.design.more}
        </Button>
      )}
      <div class="details-end">
        <Button kind="danger" icon="sign-out" busy={task.busy} onClick={() => void leave()}>
          {memberTexts.leave}
        </Button>
      </div>
    </>
  );
}

function noteOn(user: User, info: ConversationInfo, myId: number | undefined): string {
  if (user.id === info.owner_id) return memberTexts.owner;
  return user.id === myId ? memberTexts.you : "";
}
