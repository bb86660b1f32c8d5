import { useEffect, useId, useRef, useState } from "preact/hooks";
import { IconButton } from "../../design/button.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { isComposing } from "../../design/keys.ts";
import { Skeleton } from "../../design/spinner.tsx";
import { texts } from "../../texts/texts.ts";
import { asideTakesFocus, hideAside } from "../base/aside.ts";
import type { Aside, OpenAside } from "../base/open-aside.ts";
import { closeDialog } from "../base/open-dialog.ts";
import { useConversation } from "../session/use-conversation.ts";
import { asides } from "./asides.ts";
import "./aside.css";

/** Loads an aside. If that fails, the error boundary around it offers a reload. */
function useAside({ name, value, conversationId }: OpenAside, onGone: () => void) {
  const [aside, setAside] = useState<Aside>();
  const conversation = useConversation(conversationId, onGone);
  useEffect(() => {
    asides[name]().then(setAside, (error: unknown) =>
      setAside(() => {
        throw error;
      }),
    );
  }, [name]);
  const props = { conversation, value };
  return {
    title: aside?.title(props) ?? "",
    body: aside ? <aside.Body {...props} /> : <Skeleton lines={6} />,
    isBare: aside?.isBare ?? false,
  };
}

/** An aside of the open conversation, beside it. The chat stays in use. */
export function AsidePanel(opened: OpenAside) {
  const [isGone, setGone] = useState(false);
  const { title, body, isBare } = useAside(opened, () => setGone(true));
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  useEffect(() => {
    if (asideTakesFocus.current) heading.current?.focus();
    asideTakesFocus.current = false;
  }, []);
  if (isGone) return null;
  return (
    <aside
      class={`aside ${opened.name}`}
      aria-labelledby={id}
      tabIndex={-1}
      data-region
      onKeyDown={(event) => {
        const isOwn = event.key === "Escape" && !event.defaultPrevented && !isComposing(event);
        // Escape closes an open menu or dialog only.
        if (!isOwn || document.querySelector(":popover-open:not(.tooltip), dialog[open]")) return;
        event.preventDefault();
        hideAside();
      }}
    >
      <header class="aside-head">
        <h2 ref={heading} id={id} tabIndex={-1}>
          {title}
        </h2>
        <IconButton icon="close" label={texts.design.close} keys="Esc" onClick={hideAside} />
      </header>
      {isBare ? body : <div class="aside-body">{body}</div>}
    </aside>
  );
}

/** The same on a screen that has no room for it beside the conversation. */
export function AsideDialog(opened: OpenAside) {
  const { title, body } = useAside(opened, closeDialog);
  return (
    <Dialog title={title} shape="side" onClose={hideAside}>
      {body}
    </Dialog>
  );
}
