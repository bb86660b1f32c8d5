import { useEffect, useRef, useState } from "preact/hooks";
import { Button, IconButton } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { isFocusLost } from "../../design/lost-focus.ts";
import { announce } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { useSession } from "../session/context.ts";

/** Says that the page is offline and when it tries again. Screen readers also hear when it is back. */
export function ConnectionBanner() {
  const { client, connection, isAway, keepsNothing } = useSession();
  const { state, retryAt } = connection.value;
  const isShown = isAway.value;
  const wasShown = useRef(false);
  useEffect(() => {
    if (isShown) announce(texts.connection.away);
    else if (wasShown.current) {
      announce(texts.connection.back);
      // The focused button disappears with the banner.
      if (isFocusLost()) document.getElementById("main")?.focus();
    }
    wasShown.current = isShown;
  }, [isShown]);
  if (state === "stopped") return <Stopped />;
  if (!isShown) return keepsNothing.value ? <NotKept /> : null;
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

/** The server has refused this version of the page for good. */
const Stopped = () => (
  <div class="banner">
    <Icon name="offline" />
    <p>{texts.connection.stopped}</p>
    <Button kind="quiet" onClick={() => location.reload()}>
      {texts.design.reload}
    </Button>
  </div>
);

function NotKept() {
  const { keepsNothing } = useSession();
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
