import { useState } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { copyText } from "../../design/copy-text.ts";
import { LocalLinkNote } from "../../design/local-link-note.tsx";
import { announce } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import "./invites.css";

/** A link to send to others. It can be copied, and on phones shared with an app. */
export function LinkBox({ url }: { url: string }) {
  const [copied, setCopied] = useState<string>();
  const isCopied = copied === url;

  async function copy() {
    await copyText(url);
    setCopied(url);
    announce(texts.links.copied);
  }

  return (
    <div class="link-box">
      <output class="link-box-url" aria-label={texts.links.link}>
        <code dir="ltr">{url}</code>
      </output>
      <div class="form-actions">
        <Button icon={isCopied ? "check" : "copy"} onClick={() => void copy()}>
          {isCopied ? texts.links.copied : texts.links.copy}
        </Button>
        {"share" in navigator && (
          <Button icon="share" onClick={() => void share(url)}>
            {texts.links.share}
          </Button>
        )}
      </div>
      <LocalLinkNote url={url} />
    </div>
  );
}

/** Closing the list of apps is not an error. */
const share = (url: string) => navigator.share({ url }).catch(() => {});
