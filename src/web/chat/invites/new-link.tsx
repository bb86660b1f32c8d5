import { useState } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { Choice } from "../../design/choice.tsx";
import { FormMessage } from "../../design/form.tsx";
import { inviteTexts } from "../../texts/invites.ts";
import { texts } from "../../texts/texts.ts";
import { useTask } from "../base/task.ts";
import { useSession } from "../session/context.ts";
import { type Invite, makeInvite } from "./invite.ts";

const DAY_S = 86_400;
const EXPIRIES = { day: DAY_S, week: 7 * DAY_S, month: 30 * DAY_S, never: null };
const USES = { one: 1, ten: 10, hundred: 100, any: undefined };

type Expiry = keyof typeof EXPIRIES;
type Uses = keyof typeof USES;

const optionsOf = <T extends string>(labels: Record<T, string>, values: readonly T[]) =>
  values.map((value) => ({ value, label: labels[value] }));

/** Asks how long a new link works and how often, and creates it. */
export function NewLink(props: { conversationId: string | undefined; onMade: (invite: Invite) => void }) {
  const { client } = useSession();
  const [expiry, setExpiry] = useState<Expiry>("week");
  const [uses, setUses] = useState<Uses>("any");
  const task = useTask();
  const make = () =>
    task.run(async () => {
      const limits = { expires_in: EXPIRIES[expiry], max_uses: USES[uses] };
      props.onMade(await makeInvite(client, { conversation_id: props.conversationId, ...limits }));
    });
  return (
    <>
      <Choice
        label={inviteTexts.expiry}
        options={optionsOf<Expiry>(inviteTexts.expiries, ["day", "week", "month", "never"])}
        value={expiry}
        onChange={setExpiry}
      />
      <Choice
        label={inviteTexts.uses}
        options={optionsOf<Uses>(inviteTexts.useCounts, ["one", "ten", "hundred", "any"])}
        value={uses}
        onChange={setUses}
      />
      <FormMessage text={task.fault} />
      <div class="form-actions">
        <Button kind="primary" icon="link" busy={task.busy} onClick={() => void make()}>
          {texts.links.create}
        </Button>
      </div>
    </>
  );
}
