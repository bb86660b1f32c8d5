import type { RefObject } from "preact";
import { strip } from "../../../../protocol/content.ts";
import { schedule } from "../../../../sdk/features/scheduled.ts";
import type { Conversation } from "../../../../sdk/index.ts";
import { IconButton } from "../../../design/button.tsx";
import { toast } from "../../../design/toast.tsx";
import { laterTexts } from "../../../texts/later.ts";
import { navigate, pathTo } from "../../base/routing.ts";
import { clearText } from "../../base/text-field.ts";
import { useSession } from "../../session/context.ts";
import { whyNotSent } from "../sendable.ts";
import { openTimeMenu } from "./time-menu.ts";
import { ownZone, whenText } from "./times.ts";

interface SendLaterProps {
  conversation: Conversation;
  field: RefObject<HTMLTextAreaElement | null>;
}

/** The button beside the one that sends: the text goes out at another time. */
export function SendLater({ conversation, field }: SendLaterProps) {
  const { client } = useSession();
  function open(button: HTMLElement) {
    openTimeMenu(
      {
        title: laterTexts.sendLaterTitle,
        action: laterTexts.custom.schedule,
        repeat: null,
        onChoose({ at, repeat }) {
          const text = strip(field.current?.value ?? "");
          // The text may have gone meanwhile, as to another tab.
          if (whyNotSent(text) !== undefined) return;
          const time = { send_at: at.toISOString(), repeat, zone: repeat ? ownZone() : null };
          const { done } = schedule(client, conversation, text, time);
          done.catch((error: unknown) => toast(error instanceof Error ? error.message : "", { error: true }));
          if (field.current) clearText(field.current);
          toast(laterTexts.scheduledFor(whenText(at)), {
            action: { label: laterTexts.showScheduled, run: () => navigate(pathTo("scheduled")) },
          });
        },
      },
      button,
    );
  }
  return (
    <IconButton
      icon="clock"
      label={laterTexts.sendLater}
      aria-haspopup="menu"
      onClick={(event) => open(event.currentTarget)}
    />
  );
}
