import { useEffect, useState } from "preact/hooks";
import { Dialog } from "../../design/dialog.tsx";
import { FormMessage } from "../../design/form.tsx";
import { inviteTexts } from "../../texts/invites.ts";
import { showDetails } from "../base/aside.ts";
import { knownConversations } from "../base/known-conversations.ts";
import { closeDialog } from "../base/open-dialog.ts";
import { useTask } from "../base/task.ts";
import { useSession } from "../session/context.ts";
import { ActiveLinks } from "./active-links.tsx";
import { type Invite, listInvites } from "./invite.ts";
import { LinkBox } from "./link-box.tsx";
import { NewLink } from "./new-link.tsx";

const PAGE = 50;

/** Invite links to a group, or to the server only: creates one and lists those that work. */
export function InvitesDialog({ conversationId }: { conversationId: string | undefined }) {
  const { client } = useSession();
  const [invites, setInvites] = useState<readonly Invite[]>();
  const [total, setTotal] = useState(0);
  const [fresh, setFresh] = useState<Invite>();
  const task = useTask();
  const group = knownConversations(client).find(({ id }) => id === conversationId)?.title;

  const load = (offset: number) =>
    task.run(async () => {
      const page = await listInvites(client, conversationId, offset, PAGE);
      setInvites((before = []) => [...before.slice(0, offset), ...page.invites]);
      setTotal(page.total);
    });
  useEffect(() => void load(0), []);

  return (
    <Dialog
      title={group === undefined ? inviteTexts.title : inviteTexts.titleOf(group)}
      onClose={() => (conversationId === undefined ? closeDialog() : showDetails(conversationId))}
    >
      <div class="form">
        <p class="soft">{conversationId === undefined ? inviteTexts.text : inviteTexts.textOfGroup}</p>
        {fresh && <LinkBox url={fresh.url} />}
        <NewLink
          conversationId={conversationId}
          onMade={(invite) => {
            setFresh(invite);
            void load(0);
          }}
        />
        <FormMessage text={task.fault} />
        <ActiveLinks
          invites={invites}
          onRevoked={({ code }) => {
            if (fresh?.code === code) setFresh(undefined);
            void load(0);
          }}
          onMore={invites && invites.length < total ? () => void load(invites.length) : undefined}
        />
      </div>
    </Dialog>
  );
}
