import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ConfabError } from "../../../sdk/index.ts";
import { setUpTexts } from "../../texts/set-up.ts";
import { AccountFrame } from "../account/frame.tsx";
import { useSession } from "../session/context.ts";
import { endSetUp } from "../session/setting-up.ts";
import { GroupStep } from "./group-step.tsx";
import { InviteStep } from "./invite-step.tsx";
import { NameStep } from "./name-step.tsx";
import type { ServerSettings, StepProps } from "./step.ts";
import { WhoStep } from "./who-step.tsx";

const STEPS: readonly { title: string; Step: (props: StepProps) => JSX.Element }[] = [
  { title: setUpTexts.nameTitle, Step: NameStep },
  { title: setUpTexts.whoTitle, Step: WhoStep },
  { title: setUpTexts.groupTitle, Step: GroupStep },
  { title: setUpTexts.inviteTitle, Step: InviteStep },
];

/** Asks the first admin about a new server, one question at a time. Each can be skipped. */
export function SetUpPage() {
  const { client } = useSession();
  const [at, setAt] = useState(0);
  const [settings, setSettings] = useState<ServerSettings>();
  useEffect(() => {
    client.call("GET", "admin/settings/").then(
      ({ data }) => setSettings(data as ServerSettings),
      (error) => {
        // The API refuses everyone but admins: somebody else has signed in here.
        if (error instanceof ConfabError && error.code === "not_found") endSetUp();
      },
    );
  }, []);
  const goOn = () => (at + 1 < STEPS.length ? setAt(at + 1) : endSetUp());
  const step = STEPS[at];
  if (!step) return null;
  return (
    <AccountFrame title={step.title}>
      <step.Step
        key={at}
        settings={settings}
        onSkip={goOn}
        onSave={async (changes) => {
          const { data } = await client.call("PATCH", "admin/settings/", changes);
          setSettings(data as ServerSettings);
          goOn();
        }}
      />
      <p class="account-other">
        {setUpTexts.step(at + 1, STEPS.length)}. {setUpTexts.later}
      </p>
    </AccountFrame>
  );
}
