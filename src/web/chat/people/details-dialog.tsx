import { Dialog } from "../../design/dialog.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { memberTexts } from "../../texts/members.ts";
import { closeDialog } from "../base/open-dialog.ts";
import { useSession } from "../session/context.ts";
import { useConversation } from "../session/use-conversation.ts";
import { GroupDetails } from "./group-details.tsx";
import { HideConversation } from "./hide-conversation.tsx";
import { PersonCard } from "./person-dialog.tsx";

/** Shows the members of a conversation, and the actions on a group. */
export function DetailsDialog({ conversationId }: { conversationId: string }) {
  const { me } = useSession();
  const conversation = useConversation(conversationId, closeDialog);
  const info = conversation?.info;
  const other = info?.participants.find((user) => user.id !== me.value?.id);
  return (
    <Dialog title={info?.is_group ? memberTexts.group : memberTexts.person} shape="side" onClose={closeDialog}>
      {!conversation || !info ? (
        <Skeleton lines={6} />
      ) : info.is_group ? (
        <GroupDetails conversation={conversation} info={info} />
      ) : (
        other && (
          <>
            <PersonCard user={other} />
            <HideConversation conversation={conversation} other={other} />
          </>
        )
      )}
    </Dialog>
  );
}
