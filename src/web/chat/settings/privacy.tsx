import { useEffect, useState } from "preact/hooks";
import type { MayAddMe } from "../../../sdk/index.ts";
import { Choice } from "../../design/choice.tsx";
import { FormMessage } from "../../design/form.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { toast } from "../../design/toast.tsx";
import { settingsTexts } from "../../texts/settings.ts";
import { useTask } from "../base/task.ts";
import { useSession } from "../session/context.ts";

const WHO: readonly MayAddMe[] = ["everybody", "shared", "nobody"];

/** Asks who can message you or add you to a group without a request. */
export function Privacy() {
  const { client } = useSession();
  const [who, setWho] = useState<MayAddMe>();
  const task = useTask();

  const load = () =>
    task.run(async () => {
      const { may_add_me } = await client.profile();
      // A node of the last release does not send this.
      setWho(may_add_me ?? "everybody");
    });
  useEffect(() => void load(), []);

  async function choose(chosen: MayAddMe) {
    const before = who;
    setWho(chosen);
    if (await task.run(() => client.updateProfile({ may_add_me: chosen }))) toast(settingsTexts.saved);
    else setWho(before);
  }

  return (
    <div class="form form-wide">
      <FormMessage text={task.fault} />
      {who === undefined ? (
        task.fault === undefined && <Skeleton lines={2} />
      ) : (
        <Choice
          label={settingsTexts.mayAddMe}
          hint={settingsTexts.mayAddMeHint}
          options={WHO.map((value) => ({ value, label: settingsTexts.mayAddMes[value] }))}
          value={who}
          onChange={(chosen) => void choose(chosen)}
        />
      )}
    </div>
  );
}
