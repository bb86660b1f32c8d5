import { useEffect, useRef, useState } from "preact/hooks";
import { Button, IconButton } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { announce } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { client, connection, keepsNothing } from "../session/session.ts";

/** A connection that is back within this was never missed. */
const PATIENCE_MS = 1_500;

/** Says calmly that there is no connection, when it is tried again, and to screen readers that it is back. */
export function ConnectionBanner() {
  const { state, retryAt } = connection.value;
  const isAway = state !== "online";
  const [isShown, setShown] = useState(false);
  const wasShown = useRef(false);
  useEffect(() => {
    const timer = isAway ? setTimeout(() => setShown(true), PATIENCE_MS) : undefined;
    if (!isAway) setShown(false);
    return () => clearTimeout(timer);
  }, [isAway]);
  useEffect(() => {
    if (isShown) announce(texts.connection.away);
    else if (wasShown.current) announce(texts.connection.back);
    wasShown.current = isShown;
  }, [isShown]);
  if (state === "stopped") return <Stopped />;
  if (!isShown || !isAway) return keepsNothing.value ? <NotKept /> : null;
  return (
    <div class="banner">
      <Icon name="offline" />
      <p>
        {texts.connection.away} <Countdown to={retryAt} />
      </p>
      <Button kind="quiet" onClick={() => client.reconnect()}>
        {texts.connection.retry}
      </Button>
    </div>
  );
}

/** The server does not want to hear of this page again, as it is. */
const Stopped = () => (
  <div class="banner">
    <Icon name="offline" />
    <p>{texts.connection.stopped}</p>
    <Button kind="quiet" onClick={() => location.reload()}>
      {texts.shell.reload}
    </Button>
  </div>
);

function NotKept() {
  return (
    <div class="banner">
      <Icon name="warning" />
      <p>{texts.connection.notKept}</p>
      <IconButton
        icon="close"
        label={texts.design.dismiss}
        onClick={() => {
          keepsNothing.value = false;
        }}
      />
    </div>
  );
}

function Countdown({ to }: { to: number | undefined }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = to === undefined ? 0 : Math.ceil((to - now) / 1_000);
  return (
    <span class="banner-countdown">{seconds > 0 ? texts.connection.again(seconds) : texts.connection.trying}</span>
  );
}
