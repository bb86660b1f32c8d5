import type { ChatMessage } from "../../../../sdk/index.ts";
import { laterTexts } from "../../../texts/later.ts";
import { isDeleted } from "../preview.ts";
import "./later.css";

/** Below a message that has changed since its reader last looked. */
export const SinceMark = ({ message }: { message: ChatMessage }) => (
  <p class="since-mark">{isDeleted(message) ? laterTexts.deletedSince : laterTexts.editedSince}</p>
);
