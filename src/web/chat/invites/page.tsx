import { useEffect, useState } from "preact/hooks";
import { ConfabError } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Button } from "../../design/button.tsx";
import { FormMessage } from "../../design/form.tsx";
import { accountTexts } from "../../texts/account.ts";
import { inviteTexts } from "../../texts/invites.ts";
import { texts } from "../../texts/texts.ts";
import { AccountFrame } from "../account/frame.tsx";
import { RegisterForm } from "../account/register-form.tsx";
import { SignInForm } from "../account/sign-in-form.tsx";
import { navigate, openConversation, pathTo } from "../base/routing.ts";
import { Starting } from "../base/starting.tsx";
import { useTask } from "../base/task.ts";
import { useSession } from "../session/context.ts";
import { serverName } from "../session/server.ts";
import { wasHereBefore } from "../session/session.ts";
import { acceptInvite, type InvitePreview, previewInvite } from "./invite.ts";
import "./invites.css";

/** The page of an invite link: who invites you, to what, and how to join. */
export function InvitePage({ code }: { code: string }) {
  const { client } = useSession();
  const [preview, setPreview] = useState<InvitePreview>();
  const [fault, setFault] = useState<ConfabError>();
  const look = () => {
    setFault(undefined);
    previewInvite(client, code).then(setPreview, (error) =>
      setFault(error instanceof ConfabError ? error : new ConfabError("offline", texts.design.failed)),
    );
  };
  useEffect(look, [code]);
  if (fault?.code === "not_found") return <Over title={inviteTexts.unknownTitle} text={inviteTexts.unknown} />;
  if (fault) return <Failed fault={fault} onRetry={look} />;
  if (!preview) return <Starting />;
  if (preview.state !== "active")
    return <Over title={inviteTexts.endedTitle} text={inviteTexts.ended[preview.state] ?? ""} />;
  return <Invited code={code} preview={preview} />;
}

function Invited({ code, preview }: { code: string; preview: InvitePreview }) {
  const { client, me } = useSession();
  const task = useTask();
  // People who have just created an account are not asked again.
  const [isJoining, setJoining] = useState(false);
  const { conversation } = preview;
  const server = preview.server_name ?? serverName.value;

  async function join() {
    setJoining(true);
    const isDone = await task.run(async () => {
      const id = await acceptInvite(client, code);
      if (id === undefined) navigate(pathTo("home"), { replace: true });
      else openConversation(id, { replace: true });
    });
    if (!isDone) setJoining(false);
  }

  return (
    <AccountFrame title={inviteTexts.invitesYou(preview.invited_by)}>
      <div class="invite-to">
        {conversation && <Avatar name={conversation.display_name} id={code} group size="l" />}
        <div class="row-texts">
          <p class="person-name" dir="auto">
            {conversation ? conversation.display_name : server}
          </p>
          {conversation && (
            <p class="soft">
              {inviteTexts.people(conversation.participant_count)} · <bdi>{inviteTexts.onServer(server)}</bdi>
            </p>
          )}
        </div>
      </div>
      {isJoining ? (
        <p class="account-text" role="status">
          {inviteTexts.joining}
        </p>
      ) : me.value ? (
        <>
          <FormMessage text={task.fault} />
          <p class="account-text" dir="auto">
            {(conversation ? inviteTexts.signedInAs : inviteTexts.alreadyIn)(me.value.full_name)}
          </p>
          <div class="form-actions account-actions">
            {conversation && (
              <Button kind="primary" busy={task.busy} onClick={() => void join()}>
                {inviteTexts.joinGroup(conversation.display_name)}
              </Button>
            )}
            <Button
              kind={conversation ? "quiet" : "primary"}
              onClick={() => navigate(pathTo("home"), { replace: true })}
            >
              {conversation ? inviteTexts.notNow : accountTexts.toChat}
            </Button>
          </div>
        </>
      ) : (
        <WaysIn code={code} preview={preview} onIn={join} />
      )}
    </AccountFrame>
  );
}

/** Creates an account or signs in, and then joins at once. */
function WaysIn(props: { code: string; preview: InvitePreview; onIn: () => Promise<void> }) {
  const { code, preview, onIn } = props;
  const { registers } = preview;
  const [isNew, setNew] = useState(registers && !wasHereBefore());
  if (!registers)
    return (
      <>
        <p class="account-text">{inviteTexts.noAccount}</p>
        <SignInForm onDone={onIn} />
      </>
    );
  return (
    <>
      {isNew ? <RegisterForm entrance={() => ({ invite: code })} onDone={onIn} /> : <SignInForm onDone={onIn} />}
      <p class="account-other">
        {isNew ? accountTexts.haveAccount : accountTexts.noAccount}{" "}
        <button type="button" class="link" onClick={() => setNew(!isNew)}>
          {isNew ? accountTexts.signIn : accountTexts.register}
        </button>
      </p>
    </>
  );
}

function Failed({ fault, onRetry }: { fault: ConfabError; onRetry: () => void }) {
  return (
    <AccountFrame title={inviteTexts.failedTitle}>
      <FormMessage text={fault.message} />
      <div class="form-actions account-actions">
        <Button kind="primary" onClick={onRetry}>
          {texts.design.tryAgain}
        </Button>
      </div>
    </AccountFrame>
  );
}

const Over = ({ title, text }: { title: string; text: string }) => (
  <AccountFrame title={title}>
    <p class="account-text">{text}</p>
    <div class="form-actions account-actions">
      <Button kind="primary" onClick={() => navigate(pathTo("home"), { replace: true })}>
        {accountTexts.toChat}
      </Button>
    </div>
  </AccountFrame>
);
