import { useEffect, useState } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import type { PatientForm } from "../../design/patient-form.ts";
import { accountTexts } from "../../texts/account.ts";

/** Says that the form waits, and for how long. */
export const Waiting = ({ form: { wait } }: { form: PatientForm }) =>
  wait === undefined ? null : (
    <div class="account-waiting">
      <Icon name="clock" />
      <p>
        {wait.text} <Seconds until={wait.until} />
      </p>
      <Button kind="quiet" onClick={wait.cancel}>
        {accountTexts.stopWaiting}
      </Button>
    </div>
  );

function Seconds({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <strong class="account-seconds">{accountTexts.waitingFor(Math.max(1, Math.ceil((until - now) / 1_000)))}</strong>
  );
}
