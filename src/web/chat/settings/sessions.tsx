import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { SessionInfo } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { confirm } from "../../design/confirm.ts";
import { Icon } from "../../design/icon.tsx";
import { isFocusLost } from "../../design/lost-focus.ts";
import { Skeleton } from "../../design/spinner.tsx";
import { toast } from "../../design/toast.tsx";
import { settingsTexts } from "../../texts/settings.ts";
import { texts } from "../../texts/texts.ts";
import { useSession } from "../session/context.ts";
import { browserOf, isPhone } from "./browsers.ts";

export function Sessions() {
  const { client } = useSession();
  const [sessions, setSessions] = useState<readonly SessionInfo[]>();
  const [fault, setFault] = useState<string>();

  const load = () =>
    client.sessions().then(
      (all) => {
        setSessions(all.toSorted((a, b) => Number(b.current) - Number(a.current)));
        setFault(undefined);
      },
      (error: Error) => setFault(error.message),
    );
  useEffect(() => void load(), []);
  const list = useRef<HTMLUListElement>(null);
  const hasEnded = useRef(false);
  useLayoutEffect(() => {
    if (hasEnded.current && isFocusLost()) list.current?.focus();
  }, [sessions]);

  async function end(work: () => Promise<number>) {
    hasEnded.current = true;
    try {
      toast(settingsTexts.sessionsEnded(await work()));
    } catch (error) {
      toast(error instanceof Error ? error.message : texts.design.failed, { error: true });
    }
    await load();
  }

  const endOne = ({ id }: SessionInfo) => end(() => client.endSession(id).then(() => 1));

  async function endOthers() {
    const question = { title: settingsTexts.endOthersTitle, text: texts.design.signedOutElsewhere, danger: true };
    if (!(await confirm({ ...question, action: settingsTexts.endOthers }))) return;
    await end(async () => ((await client.call("DELETE", "users/sessions/")).meta as { ended: number }).ended);
  }

  if (fault !== undefined)
    return (
      <div class="form-message">
        <span>{fault}</span> <Button onClick={() => void load()}>{texts.connection.retry}</Button>
      </div>
    );
  if (!sessions) return <Skeleton lines={4} />;
  const others = sessions.filter((session) => !session.current);
  return (
    <>
      <p class="soft">{settingsTexts.sessionsText}</p>
      {/* The pressed button disappears with its session, so the list gets the focus. */}
      <ul class="rows" ref={list} tabIndex={-1} aria-label={settingsTexts.parts.sessions}>
        {sessions.map((session) => (
          <li key={session.id} class="row">
            <Icon name={isPhone(session.client) ? "phone" : "monitor"} />
            <div class="row-texts">
              <p class="row-title">
                {browserOf(session.client) ?? settingsTexts.unknownBrowser}
                {session.current && <span class="badge">{settingsTexts.thisSession}</span>}
              </p>
              <p class="soft small">
                {settingsTexts.sessionUse(session.last_used_at, session.created_at)} · <bdi>{session.address}</bdi>
              </p>
            </div>
            {!session.current && (
              <Button
                aria-label={settingsTexts.endOf(browserOf(session.client) ?? settingsTexts.unknownBrowser)}
                onClick={() => void endOne(session)}
              >
                {settingsTexts.end}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {others.length > 0 && (
        <Button kind="danger" onClick={() => void endOthers()}>
          {settingsTexts.endOthers}
        </Button>
      )}
    </>
  );
}
