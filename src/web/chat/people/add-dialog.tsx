import { useEffect, useState } from "preact/hooks";
import type { User } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { FormMessage } from "../../design/form.tsx";
import { peopleTexts } from "../../texts/people.ts";
import { texts } from "../../texts/texts.ts";
import { showDetails } from "../base/aside.ts";
import { closeDialog } from "../base/open-dialog.ts";
import { useTask } from "../base/task.ts";
import { useSession } from "../session/context.ts";
import { useConversation } from "../session/use-conversation.ts";
import { useMembers } from "./members.ts";
import { PeoplePicker } from "./picker.tsx";
import { addTo } from "./start-with.ts";
import "./start.css";

/** All members are loaded, because the picker says who is in already. This many load at once. */
const AT_ONCE = 1000;

/** Adds people to a group. */
export function AddDialog({ conversationId }: { conversationId: string }) {
  const { client } = useSession();
  const conversation = useConversation(conversationId, closeDialog);
  const [chosen, setChosen] = useState<readonly User[]>([]);
  const task = useTask();
  const back = () => showDetails(conversationId);
  const { members, hasMore, loadMore } = useMembers(conversation, AT_ONCE);
  useEffect(() => {
    if (hasMore) loadMore();
  }, [members]);

  async function add() {
    if (!conversation || chosen.length === 0) return;
    if (await task.run(() => addTo(client, conversationId, chosen))) back();
  }

  return (
    <Dialog
      title={peopleTexts.addTitle}
      onClose={back}
      footer={
        <>
          <Button onClick={back}>{texts.design.cancel}</Button>
          <Button kind="primary" disabled={chosen.length === 0} busy={task.busy} onClick={() => void add()}>
            {peopleTexts.add(chosen.length)}
          </Button>
        </>
      }
    >
      <div class="form start-form">
        <FormMessage text={task.fault} />
        <PeoplePicker
          chosen={chosen}
          onChange={setChosen}
          onDone={() => void add()}
          members={new Set(members.map((user) => user.id))}
        />
      </div>
    </Dialog>
  );
}
