import { Icon } from "../../../design/icon.tsx";
import { laterTexts } from "../../../texts/later.ts";
import "./later.css";

/** Beside the time of a message that you have saved. */
export const SavedMark = () => (
  <span class="saved-mark" title={laterTexts.savedToast}>
    <Icon name="bookmark" />
    <span class="visually-hidden">{laterTexts.savedToast}</span>
  </span>
);
