import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "../../design/button.tsx";
import { copyText } from "../../design/copy-text.ts";
import { announce } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { KNOWN_LANGUAGES } from "./known-languages.ts";

/** How long the button shows that it has copied. */
const COPIED_MS = 2_000;

export function CodeBlock({ language, text }: { language: string; text: string }) {
  const name = language.toLowerCase();
  return (
    <div class="code-block" dir="ltr">
      {language === "" ? null : <div class="code-language">{language}</div>}
      <CopyButton text={text} />
      {/* Code runs from left to right, and the keyboard can scroll it. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must reach it to scroll */}
      <pre tabIndex={0}>
        {KNOWN_LANGUAGES.has(name) ? <HighlightedCode language={name} text={text} /> : <code>{text}</code>}
      </pre>
    </div>
  );
}

function CopyButton({ text }: { text: string }) {
  const { copyCode, copied } = texts.messages.text;
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => setDone(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [isDone]);
  const copy = async () => {
    await copyText(text);
    setDone(true);
    announce(copied);
  };
  return (
    <IconButton class="code-copy" icon={isDone ? "check" : "copy"} label={isDone ? copied : copyCode} onClick={copy} />
  );
}

/** Loads the colours when the code comes into view for the first time. Without them the code is as readable. */
function HighlightedCode({ language, text }: { language: string; text: string }) {
  const code = useRef<HTMLElement>(null);
  const [coloured, setColoured] = useState<ComponentChildren>();
  useEffect(() => {
    let isGone = false;
    const watcher = new IntersectionObserver(async (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      watcher.disconnect();
      // Offline, or after an update of the server, the part may be missing.
      const part = await import("./highlight.tsx").catch(() => undefined);
      if (part && !isGone) setColoured(part.highlighted(text, language));
    });
    if (code.current) watcher.observe(code.current);
    return () => {
      isGone = true;
      watcher.disconnect();
    };
  }, [text, language]);
  return <code ref={code}>{coloured ?? text}</code>;
}
