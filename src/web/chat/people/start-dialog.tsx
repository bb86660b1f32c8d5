import { useState } from "preact/hooks";
import type { User } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { Field } from "../../design/field.tsx";
import { FormMessage } from "../../design/form.tsx";
import { peopleTexts } from "../../texts/people.ts";
import { texts } from "../../texts/texts.ts";
import { closeDialog } from "../base/open-dialog.ts";
import { useTask } from "../base/task.ts";
import { useSession } from "../session/context.ts";
import { PeoplePicker } from "./picker.tsx";
import { startWith } from "./start-with.ts";
import "./start.css";

export interface StartDialogProps {
  /** A group is wanted, so its name is asked for at once. */
  isGroup: boolean;
  /** The people who are chosen already. */
  first: readonly User[];
}

/** Starts a conversation: a 1-on-1 with one person, a group with more. A group may have a name. */
export function StartDialog({ isGroup: isGroupWanted, first }: StartDialogProps) {
  const { client } = useSession();
  const [chosen, setChosen] = useState(first);
  const [name, setName] = useState("");
  const isGroup = isGroupWanted || chosen.length > 1;
  const isEnough = chosen.length > (isGroupWanted ? 1 : 0);
  const task = useTask();

  const start = () => {
    if (!isEnough) return;
    void task.run(async () => {
      await startWith(client, chosen, isGroup && name.trim() !== "" ? name : undefined);
      closeDialog();
    });
  };

  return (
    <Dialog
      title={isGroupWanted ? texts.shell.newGroup : texts.shell.newConversation}
      onClose={closeDialog}
      footer={
        <>
          <Button onClick={closeDialog}>{texts.design.cancel}</Button>
          <Button kind="primary" disabled={!isEnough} busy={task.busy} onClick={start}>
            {isGroup ? peopleTexts.createGroup(chosen.length + 1) : peopleTexts.startChat}
          </Button>
        </>
      }
    >
      <div class="form start-form">
        <FormMessage text={task.fault} />
        {isGroup && (
          <Field
            name="name"
            label={peopleTexts.groupName}
            hint={peopleTexts.groupNameHint}
            value={name}
            maxLength={255}
            autocomplete="off"
            autofocusInDialog={isGroupWanted}
            onInput={setName}
          />
        )}
        {isGroupWanted && !isEnough && <p class="soft small">{peopleTexts.groupNeeds}</p>}
        <PeoplePicker key="people" chosen={chosen} onChange={setChosen} onDone={start} />
      </div>
    </Dialog>
  );
}
