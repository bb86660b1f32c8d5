import { useState } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { Switch } from "../../design/choice.tsx";
import { settingsTexts } from "../../texts/settings.ts";
import { notificationSettings } from "../notifications/settings.ts";
import { useSession } from "../session/context.ts";
import { Quiet } from "./quiet.tsx";

export function Notifications() {
  return (
    <>
      <InThisBrowser />
      <Quiet />
    </>
  );
}

/** The browser asks for permission only after a press on the button here. */
function InThisBrowser() {
  const user = useSession().me.value;
  // Over plain HTTP, browsers have the API but always refuse.
  const isPossible = "Notification" in window && isSecureContext;
  const [permission, setPermission] = useState(() => (isPossible ? Notification.permission : "missing"));
  if (!user) return null;
  const { notify, withText } = notificationSettings(user.id);
  if (permission === "missing") return <p>{settingsTexts.notifyMissing}</p>;
  if (permission === "denied") return <p>{settingsTexts.notifyDenied}</p>;

  async function turnOn() {
    const answer = await Notification.requestPermission();
    setPermission(answer);
    if (answer === "granted") notify.value = "on";
  }

  if (permission === "default")
    return (
      <>
        <p class="soft">{settingsTexts.notifyText}</p>
        <Button kind="primary" icon="bell" onClick={() => void turnOn()}>
          {settingsTexts.notifyTurnOn}
        </Button>
      </>
    );
  return (
    <div class="switches">
      <Switch
        label={settingsTexts.notify}
        hint={settingsTexts.notifyText}
        checked={notify.value === "on"}
        onChange={(on) => {
          notify.value = on ? "on" : "off";
        }}
      />
      <Switch
        label={settingsTexts.notifyWithText}
        hint={settingsTexts.notifyWithTextHint}
        checked={withText.value === "on"}
        disabled={notify.value === "off"}
        onChange={(on) => {
          withText.value = on ? "on" : "off";
        }}
      />
    </div>
  );
}
