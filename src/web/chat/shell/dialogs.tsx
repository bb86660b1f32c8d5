import { closeDialog, openDialog } from "../dialogs.ts";
import { KeyDialog } from "../keyboard/key-dialog.tsx";
import { Switcher } from "../keyboard/switcher.tsx";
import { AddDialog } from "../people/add-dialog.tsx";
import { DetailsDialog } from "../people/details-dialog.tsx";
import { PersonDialog } from "../people/person-dialog.tsx";
import { StartDialog } from "../people/start-dialog.tsx";

/** The dialog that is open, if one is. */
export function Dialogs() {
  const dialog = openDialog.value;
  switch (dialog?.kind) {
    case "start":
      return <StartDialog />;
    case "details":
      return <DetailsDialog key={dialog.conversationId} conversationId={dialog.conversationId} />;
    case "add":
      return <AddDialog key={dialog.conversationId} conversationId={dialog.conversationId} />;
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
