import { useEffect } from "preact/hooks";
import type { Conversation } from "../../../../sdk/index.ts";
import { IconButton } from "../../../design/button.tsx";
import { Menu } from "../../../design/menu.tsx";
import { part } from "../../../design/part.tsx";
import { patiently } from "../../../design/patiently.ts";
import { texts } from "../../../texts/texts.ts";
import type { ComposerPartProps } from "../composer-part.ts";
import { reactOrSend } from "../reactions/last.ts";
import { takeSendOptions } from "../send-options.ts";
import { composerParts } from "./table.ts";
import { canRecord, record } from "./voice.ts";

export { attachedTo } from "../../uploads/attached.ts";
export { keepAttached } from "../../uploads/keep-attached.ts";

const all = composerParts.map((entry) => ({ ...entry, Part: part(entry.load) }));

const shownIn = (conversation: Conversation) => all.filter(({ when }) => when(conversation));

/** The rows above the text field. */
export const ComposerParts = (props: ComposerPartProps) => (
  <>
    {shownIn(props.conversation).map(({ id, Part, height }) => (
      <Part key={id} props={props} meanwhile={height && <div style={{ blockSize: height }} />} />
    ))}
  </>
);

const actions = patiently(async () => (await import("./actions.ts")).composerActions);

/** The button for everything else than a text. */
export function ComposerMenu(props: ComposerPartProps) {
  const items = (actions.loaded.value ?? []).filter(({ when }) => when(props.conversation));
  useEffect(() => void actions.want(), []);
  return (
    <Menu
      icon="add"
      label={texts.messages.composer.more}
      items={items.map(({ label, icon, run }) => ({ label, icon, onSelect: () => run(props) }))}
    />
  );
}

/** Stands beside the button to send as long as there is nothing to send. */
export const VoiceButton = ({ conversation }: { conversation: Conversation }) =>
  canRecord(conversation) ? (
    <IconButton
      class="composer-voice"
      icon="mic"
      label={texts.messages.composer.voice}
      onClick={() => record(conversation)}
    />
  ) : null;

/** Why the parts allow no send now, if so. */
export const whyPartsWait = (conversation: Conversation) =>
  shownIn(conversation)
    .map(({ whyNotSent }) => whyNotSent?.(conversation))
    .find((reason) => reason !== undefined);

/** Whether the parts can be sent without a text. */
export const partsAllowNoText = (conversation: Conversation) =>
  shownIn(conversation).some(({ allowsNoText }) => allowsNoText);

/** Takes the part nearest to the text field away. Returns whether there was one. */
export function cancelPart(conversation: Conversation): boolean {
  const last = shownIn(conversation).findLast(({ cancel }) => cancel);
  last?.cancel?.(conversation);
  return last !== undefined;
}

/** Sends a text with the options that the parts have set. */
export function sendWithParts(conversation: Conversation, text: string) {
  const parts = shownIn(conversation);
  const options = takeSendOptions(conversation);
  if (parts.some(({ send }) => send?.(conversation, text, options))) return;
  if (Object.keys(options).length > 0) conversation.send(text, options).done.catch(() => {});
  else reactOrSend(conversation, text, () => void conversation.send(text).done.catch(() => {}));
}
