import { later } from "../base/later.tsx";
import type { OpenDialog } from "../base/open-dialog.ts";

const KeyDialog = later(async () => (await import("../keyboard/key-dialog.tsx")).KeyDialog);
const AddDialog = later(async () => (await import("../people/add-dialog.tsx")).AddDialog);
const AsideDialog = later(async () => (await import("./aside-panel.tsx")).AsideDialog);
const PersonDialog = later(async () => (await import("../people/person-dialog.tsx")).PersonDialog);
const Viewer = later(async () => (await import("../files/viewer.tsx")).Viewer);
const WhyDialog = later(async () => (await import("../messages/mentions/why-dialog.tsx")).WhyDialog);
const InvitesDialog = later(async () => (await import("../invites/dialog.tsx")).InvitesDialog);

export const preloadKeys = KeyDialog.preload;

/** Renders a dialog into which nobody types while it loads. */
export function OtherDialog({ dialog }: { dialog: Exclude<OpenDialog, { kind: "start" | "poll" | "switcher" }> }) {
  switch (dialog.kind) {
    case "aside":
      return <AsideDialog key={`${dialog.conversationId} ${dialog.name} ${dialog.value}`} {...dialog} />;
    case "add":
      return <AddDialog key={dialog.conversationId} conversationId={dialog.conversationId} />;
    case "invites":
      return <InvitesDialog key={dialog.conversationId} conversationId={dialog.conversationId} />;
    case "person":
      return <PersonDialog key={dialog.user.id} user={dialog.user} from={dialog.from} />;
    case "why":
      return <WhyDialog key={dialog.messageId} {...dialog} />;
    case "viewer":
      return <Viewer key={dialog.fileId} {...dialog} />;
    case "keys":
      return <KeyDialog />;
  }
}
