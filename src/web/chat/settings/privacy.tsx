import { useEffect, useState } from "preact/hooks";
import { Choice } from "../../design/choice.tsx";
import { FormMessage } from "../../design/form.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { toast } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { useTask } from "../people/task.ts";
import { client } from "../session/session.ts";

const WHO = ["everybody", "shared", "nobody"] as const;
type Who = (typeof WHO)[number];

/** Who may write to you or add you to a group without asking. */
export function Privacy() {
  const [who, setWho] = useState<Who>();
  const task = useTask();

  const load = () =>
    task.run(async () => {
      const { data } = await client.call("GET", "users/profile/");
      // A server of the last release lets everybody.
      setWho((data as { may_add_me?: Who }).may_add_me ?? "everybody");
    });
  useEffect(() => void load(), []);

  async function choose(chosen: Who) {
    const before = who;
    setWho(chosen);
    if (await task.run(() => client.call("PATCH", "users/profile/", { may_add_me: chosen })))
      toast(texts.settings.saved);
    else setWho(before);
  }

  return (
    <div class="form form-wide">
      <FormMessage text={task.fault} />
      {who === undefined ? (
        task.fault === undefined && <Skeleton lines={2} />
      ) : (
        <Choice
          label={texts.privacy.mayAddMe}
          hint={texts.privacy.mayAddMeHint}
          options={WHO.map((value) => ({ value, label: texts.privacy.mayAddMes[value] }))}
          value={who}
          onChange={(chosen) => void choose(chosen)}
        />
      )}
    </div>
  );
}
