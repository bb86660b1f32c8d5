import { useState } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { copyText } from "../../design/copy-text.ts";
import { announce } from "../../design/toast.tsx";
import { referenceTexts } from "../../texts/reference.ts";

const SHOWN_MS = 2_000;

/** Copies a text, and says so for a moment. */
export function Copy({ text, label = referenceTexts.copy }: { text: string; label?: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await copyText(text);
    announce(referenceTexts.copied);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <Button kind="quiet" icon={isCopied ? "check" : "copy"} class="copy" onClick={() => void copy()}>
      {isCopied ? referenceTexts.copied : label}
    </Button>
  );
}
