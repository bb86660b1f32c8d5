import type { ChatMessage } from "../../../../sdk/index.ts";

/** Whether sending or changing it was refused. */
export const hasFailed = (message: ChatMessage) =>
  message.state === "failed" || (message.state === "sent" && message.change?.state === "failed");
