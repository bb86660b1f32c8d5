import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../design/icon.tsx";
import { bytes } from "../../texts/admin/format.ts";
import { referenceTexts } from "../../texts/reference.ts";
import { linkTo } from "../base/routing.ts";
import { Copy } from "../parts/copy.tsx";
import { Json } from "../parts/json.tsx";
import type { Outcome, Reply } from "./send.ts";

const { answer: texts } = referenceTexts;

/** Letters of a body that are shown. Browsers lay out longer texts for seconds. */
const SHOWN_MAX = 200_000;
/** The call that confirms the password. */
const CONFIRM = "confirmPassword";

/** The answer to the last request, or why there is none. */
export function OutcomeView({ outcome }: { outcome: Outcome }) {
  if (outcome.kind !== "reply")
    return (
      <p class="notice notice-error" role="alert">
        <Icon name="offline" />
        <span>{texts[outcome.kind]}</span>
      </p>
    );
  return <ReplyView reply={outcome} />;
}

function ReplyView({ reply }: { reply: Reply }) {
  const { status, code, ms, headers, text, failure, retryAt } = reply;
  return (
    <div class="reply">
      <div class="reply-head">
        <h3>{texts.title}</h3>
        <p class={code < 400 ? "status status-good" : "status status-bad"}>
          <bdi>{texts.summary(status, ms, bytes(reply.bytes))}</bdi>
        </p>
        {text !== "" && <Copy text={text} />}
      </div>
      {retryAt !== undefined && <RetryTime at={retryAt} />}
      {failure === "confirmation_required" && (
        <p class="soft">
          {texts.confirm} <a href={linkTo(CONFIRM)}>{texts.confirmAction}</a>
        </p>
      )}
      {text === "" ? <p class="soft">{texts.noBody}</p> : <Json text={text.slice(0, SHOWN_MAX)} label={texts.body} />}
      {text.length > SHOWN_MAX && <p class="soft">{texts.cut}</p>}
      <Limits headers={headers} />
      <details class="headers">
        <summary>
          <bdi>{texts.headers(headers.length)}</bdi>
        </summary>
        <dl dir="ltr">
          {headers.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  );
}

/** The requests that are left, as the server's headers say. */
function Limits({ headers }: { headers: Reply["headers"] }) {
  const all = new Map(headers);
  const [left, limit, seconds] = ["remaining", "limit", "reset"].map((name) => all.get(`ratelimit-${name}`));
  if (left === undefined || limit === undefined || seconds === undefined) return null;
  return <p class="soft">{texts.left(left, limit, seconds)}</p>;
}

/** Counts the seconds until the server takes the call again. */
function RetryTime({ at }: { at: number }) {
  const secondsLeft = () => Math.max(0, Math.ceil((at - Date.now()) / 1_000));
  const [seconds, setSeconds] = useState(secondsLeft);
  useEffect(() => {
    setSeconds(secondsLeft());
    const timer = setInterval(() => setSeconds(secondsLeft()), 1_000);
    return () => clearInterval(timer);
  }, [at]);
  return (
    <p class="notice">
      <Icon name="clock" />
      <span>{seconds > 0 ? texts.retryIn(seconds) : texts.retryNow}</span>
    </p>
  );
}
