import type { ComponentType } from "preact";
import { IconButton } from "../../../design/button.tsx";
import { Icon } from "../../../design/icon.tsx";
import { replyTexts } from "../../../texts/replies.ts";
import { useSession } from "../../session/context.ts";
import type { ComposerPartProps } from "../composer-part.ts";
import { shownOf } from "../parts/quote.tsx";
import { isDeleted, preview } from "../preview.ts";
import { answer, answeredIn } from "./answered.ts";

/** Says which message the text will answer. */
export const AnsweredRow: ComponentType<ComposerPartProps> = ({ conversation, field }) => {
  const { me } = useSession();
  const answered = answeredIn(conversation);
  if (!answered) return null;
  // As it is now, where it is loaded.
  const loaded = conversation.messages.findLast(({ id }) => id === answered.id);
  const now = loaded
    ? {
        ...answered,
        sender_name: loaded.sender_name,
        excerpt: preview(loaded.content, loaded),
        ...(isDeleted(loaded) ? { deleted: true as const } : {}),
      }
    : answered;
  const { name, text } = shownOf(now, undefined);
  const isOwn = (loaded ?? answered).sender_id === me.value?.id;
  return (
    <div class="composer-edited composer-reply">
      <Icon name="reply" />
      <span class="clip">
        <bdi>{isOwn ? replyTexts.replyingToYou : replyTexts.replyingTo(name)}</bdi>{" "}
        <span class="composer-reply-text" dir="auto">
          {text}
        </span>
      </span>
      <IconButton
        icon="close"
        label={replyTexts.cancel}
        keys="Esc"
        onClick={() => {
          answer(conversation, undefined);
          field.current?.focus();
        }}
      />
    </div>
  );
};
