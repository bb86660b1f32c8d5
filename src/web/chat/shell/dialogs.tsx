import { useLayoutEffect } from "preact/hooks";
import { dismissQuestion } from "../../design/confirm.tsx";
import { later } from "../base/later.tsx";
import { closeDialog, openDialog } from "../base/open-dialog.ts";
import { path } from "../base/routing.ts";
import { KeyDialog } from "../keyboard/key-dialog.tsx";
import { Switcher } from "../keyboard/switcher.tsx";
import { AddDialog } from "../people/add-dialog.tsx";
import { StartDialog } from "../people/start-dialog.tsx";

const DetailsDialog = later(async () => (await import("../people/details-dialog.tsx")).DetailsDialog);
const PersonDialog = later(async () => (await import("../people/person-dialog.tsx")).PersonDialog);
const InvitesDialog = later(async () => (await import("../invites/dialog.tsx")).InvitesDialog);

/** Renders the open dialog, if any. */
export function Dialogs() {
  const dialog = openDialog.value;
  // A dialog or a question belongs to its address. Another address, or another person, must not see it.
  useLayoutEffect(
    () => () => {
      closeDialog();
      dismissQuestion();
    },
    [path.value],
  );
  switch (dialog?.kind) {
    case "start":
      return <StartDialog />;
    case "details":
      return <DetailsDialog key={dialog.conversationId} conversationId={dialog.conversationId} />;
    case "add":
      return <AddDialog key={dialog.conversationId} conversationId={dialog.conversationId} />;
    case "invites":
      return <InvitesDialog key={dialog.conversationId} conversationId={dialog.conversationId} />;
    case "person":
      return <PersonDialog key={dialog.user.id} user={dialog.user} from={dialog.from} />;
    case "switcher":
      return <Switcher onClose={closeDialog} />;
    case "keys":
      return <KeyDialog />;
    default:
      return null;
  }
}
