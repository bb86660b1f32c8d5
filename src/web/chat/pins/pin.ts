import { pin } from "../../../sdk/features/pins.ts";
import { toast } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import type { ActionAt } from "../messages/message-action.ts";

const set = ({ conversation, message }: ActionAt, on: boolean) =>
  pin(conversation, message, on).done.catch((error: unknown) =>
    toast(error instanceof Error ? error.message : texts.design.failed, { error: true }),
  );

export const pinMessage = (at: ActionAt) => set(at, true);
export const unpinMessage = (at: ActionAt) => set(at, false);
