import { useState } from "preact/hooks";
import type { User } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { Field } from "../../design/field.tsx";
import { FormMessage } from "../../design/form.tsx";
import { texts } from "../../texts/texts.ts";
import { closeDialog } from "../base/open-dialog.ts";
import { useTask } from "../base/task.ts";
import { useSession } from "../session/context.ts";
import { PeoplePicker } from "./picker.tsx";
import { startWith } from "./start-with.ts";

/** Starts a conversation: a 1-on-1 with one person, a group with more. A group may have a name. */
export function StartDialog() {
  const { client } = useSession();
  const [chosen, setChosen] = useState<readonly User[]>([]);
  const [name, setName] = useState("");
  const isGroup = chosen.length > 1;
  const task = useTask();

  const start = () => {
    if (chosen.length === 0) return;
    void task.run(async () => {
      await startWith(client, chosen, isGroup && name.trim() !== "" ? name : undefined);
      closeDialog();
    });
  };

  return (
    <Dialog
      title={texts.people.startTitle}
      onClose={closeDialog}
      footer={
        <>
          <Button onClick={closeDialog}>{texts.design.cancel}</Button>
          <Button kind="primary" disabled={chosen.length === 0} busy={task.busy} onClick={start}>
            {isGroup ? texts.people.createGroup(chosen.length + 1) : texts.people.startChat}
          </Button>
        </>
      }
    >
      <div class="form start-form">
        <FormMessage text={task.fault} />
        <PeoplePicker chosen={chosen} onChange={setChosen} onDone={start} />
        {isGroup && (
          <Field
            name="name"
            label={texts.people.groupName}
            hint={texts.people.groupNameHint}
            value={name}
            maxLength={255}
            autocomplete="off"
            onInput={setName}
          />
        )}
      </div>
    </Dialog>
  );
}
