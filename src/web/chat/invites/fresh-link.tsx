import { useEffect, useState } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { FormMessage } from "../../design/form.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { texts } from "../../texts/texts.ts";
import { useTask } from "../base/task.ts";
import { useSession } from "../session/context.ts";
import { makeInvite } from "./invite.ts";
import { LinkBox } from "./link-box.tsx";

/** Creates a link to this server when it is shown. */
export function FreshLink() {
  const { client } = useSession();
  const [url, setUrl] = useState<string>();
  const task = useTask();
  const make = () => task.run(async () => setUrl((await makeInvite(client)).url));
  useEffect(() => void make(), []);
  if (url !== undefined) return <LinkBox url={url} />;
  if (task.fault === undefined) return <Skeleton lines={2} />;
  return (
    <>
      <FormMessage text={task.fault} />
      <Button busy={task.busy} onClick={() => void make()}>
        {texts.design.tryAgain}
      </Button>
    </>
  );
}
