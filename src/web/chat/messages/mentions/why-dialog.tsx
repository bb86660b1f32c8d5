import { useEffect, useState } from "preact/hooks";
import { why } from "../../../../sdk/features/mentions.ts";
import type { Why } from "../../../../sdk/index.ts";
import { Dialog } from "../../../design/dialog.tsx";
import { Skeleton } from "../../../design/spinner.tsx";
import { mentionTexts, reasonWords } from "../../../texts/mentions.ts";
import { closeDialog } from "../../base/open-dialog.ts";
import { pathTo } from "../../base/routing.ts";
import { useSession } from "../../session/context.ts";

/** Says in plain words why a message did or did not notify you, and what it would do now. */
export function WhyDialog({ conversationId, messageId }: { conversationId: string; messageId: string }) {
  const { client } = useSession();
  const [answer, setAnswer] = useState<Why>();
  const [hasFailed, fail] = useState(false);
  const { why: words } = mentionTexts;
  useEffect(() => {
    const conversation = client.open(conversationId);
    why(conversation, messageId).then(setAnswer, () => fail(true));
    return () => conversation.close();
  }, [messageId]);
  return (
    <Dialog title={words.title} isText onClose={closeDialog}>
      {hasFailed ? <p role="alert">{words.failed}</p> : answer ? <Answer {...answer} /> : <Skeleton lines={3} />}
      <p>
        <a href={pathTo("settings", "notifications")}>{words.settings}</a>
      </p>
    </Dialog>
  );
}

const EFFECTS = ["badge", "sound", "push", "mail"] as const;

function Answer({ reason, text, ...effects }: Why) {
  const { why: words } = mentionTexts;
  return (
    <>
      <p class="why-reason">
        <strong>{reasonWords[reason] ?? text}</strong>
      </p>
      <p class="soft">{words.if}</p>
      <dl class="facts">
        {EFFECTS.map((effect) => (
          <div key={effect}>
            <dt>{words[effect]}</dt>
            <dd>{effects[effect] ? words.yes : words.no}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
