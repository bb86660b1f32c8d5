import { Dialog } from "../../design/dialog.tsx";
import { texts } from "../../texts/texts.ts";
import { closeDialog } from "../base/open-dialog.ts";
import { KeySheet } from "./key-sheet.tsx";

export const KeyDialog = () => (
  <Dialog title={texts.keyboard.title} shape="wide" isText onClose={closeDialog}>
    <KeySheet heading="h3" />
  </Dialog>
);
