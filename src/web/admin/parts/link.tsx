import { useState } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { copyText } from "../../design/copy-text.ts";
import { Dialog } from "../../design/dialog.tsx";
import { LocalLinkNote } from "../../design/local-link-note.tsx";
import { announce } from "../../design/toast.tsx";
import { adminTexts } from "../../texts/admin/texts.ts";

const { link: texts } = adminTexts;

export interface MadeLink {
  url: string;
  /** `null` if the link never expires. */
  expires_at: string | null;
}

/** A link to send to somebody, with buttons to copy and share it. */
function LinkBox({ url }: { url: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await copyText(url);
    setCopied(true);
    announce(texts.copied);
  };
  return (
    <div class="link-box">
      <input
        class="link-address code"
        dir="ltr"
        readOnly
        aria-label={texts.link}
        value={url}
        onFocus={(event) => event.currentTarget.select()}
      />
      <div class="form-actions">
        <Button kind="primary" icon={isCopied ? "check" : "copy"} data-autofocus onClick={() => void copy()}>
          {isCopied ? texts.copied : texts.copy}
        </Button>
        {"share" in navigator && (
          // Closing the list of apps is not an error.
          <Button icon="share" onClick={() => void navigator.share({ url }).catch(() => {})}>
            {texts.share}
          </Button>
        )}
      </div>
      <LocalLinkNote url={url} />
    </div>
  );
}

export interface LinkDialogProps {
  title: string;
  text: string;
  link: MadeLink;
  onClose: () => void;
}

/** Shows a new link. The server does not show it again. */
export function LinkDialog({ title, text, link, onClose }: LinkDialogProps) {
  return (
    <Dialog title={title} onClose={onClose} footer={<Button onClick={onClose}>{texts.close}</Button>}>
      <p class="confirm-text">{text}</p>
      <LinkBox url={link.url} />
      {link.expires_at !== null && <p class="field-hint">{texts.until(link.expires_at)}</p>}
    </Dialog>
  );
}
