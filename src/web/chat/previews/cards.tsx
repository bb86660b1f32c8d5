import { removePreviews } from "../../../sdk/features/previews.ts";
import { IconButton } from "../../design/button.tsx";
import { toast } from "../../design/toast.tsx";
import { previewTexts } from "../../texts/previews.ts";
import { texts } from "../../texts/texts.ts";
import type { MessagePartProps } from "../messages/message-part.ts";
import { useSession } from "../session/context.ts";
import "./previews.css";

/** The pages that the addresses in a message lead to: texts alone, so that nobody's browser calls another server by itself. */
export function PreviewCards({ message, conversation, isActive }: MessagePartProps) {
  const { client } = useSession();
  const { previews } = message;
  if (!previews?.length || message.state !== "sent") return null;
  const isOwn = message.sender_id === client.me?.id;
  const remove = () =>
    removePreviews(conversation, message).catch((error: unknown) =>
      toast(error instanceof Error ? error.message : texts.design.failed, { error: true }),
    );
  return (
    <div class="previews">
      <ul aria-label={previewTexts.list}>
        {previews.map(({ url, title, description }) => (
          <li key={url} class="preview">
            {/* The host is the part that a page can't choose. */}
            <span class="soft small preview-host">{hostOf(url)}</span>
            <a href={url} target="_blank" rel="noopener noreferrer nofollow" tabIndex={isActive ? 0 : -1} dir="auto">
              {title}
            </a>
            {description && (
              <span class="soft preview-description" dir="auto">
                {description}
              </span>
            )}
          </li>
        ))}
      </ul>
      {isOwn && <IconButton icon="close" label={previewTexts.remove} tabIndex={isActive ? 0 : -1} onClick={remove} />}
    </div>
  );
}

const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : "");
