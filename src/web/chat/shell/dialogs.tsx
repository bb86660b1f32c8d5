import { useLayoutEffect } from "preact/hooks";
import { dismissQuestion } from "../../design/confirm.ts";
import { askedPerson } from "../base/asked-person.ts";
import { later } from "../base/later.tsx";
import { closeDialog, openDialog } from "../base/open-dialog.ts";
import { path } from "../base/routing.ts";
import { TypedAhead } from "../base/typed-ahead.tsx";

// People type into these while they load. The others have a module of their own, which the first load does not need.
const StartDialog = later(async () => (await import("../people/start-dialog.tsx")).StartDialog, TypedAhead);
const Switcher = later(async () => (await import("../keyboard/switcher.tsx")).Switcher, TypedAhead);
const PollDialog = later(async () => (await import("../polls/editor.tsx")).PollDialog, TypedAhead);
const OtherDialog = later(async () => (await import("./other-dialog.tsx")).OtherDialog);
const HoverCard = later(async () => (await import("../people/hover-card.tsx")).HoverCard);

const preloadKeys = () =>
  import("./other-dialog.tsx").then(
    (other) => other.preloadKeys(),
    () => {},
  );

export const dialogPreloads = [Switcher.preload, StartDialog.preload, OtherDialog.preload, preloadKeys];

/** Renders the open dialog, and the card of the person that somebody points at. */
export function Dialogs() {
  const asked = askedPerson.value;
  return (
    <>
      <OpenedDialog />
      {asked && <HoverCard asked={asked} />}
    </>
  );
}

function OpenedDialog() {
  const dialog = openDialog.value;
  // A dialog or a question belongs to its address. Another address, or another person, must not see it.
  useLayoutEffect(
    () => () => {
      closeDialog();
      dismissQuestion();
    },
    [path.value],
  );
  if (!dialog) return null;
  switch (dialog.kind) {
    case "start":
      return <StartDialog isGroup={dialog.group} first={dialog.chosen} />;
    case "poll":
      return <PollDialog key={dialog.conversationId} conversationId={dialog.conversationId} />;
    case "switcher":
      return <Switcher onClose={closeDialog} />;
    default:
      return <OtherDialog dialog={dialog} />;
  }
}
