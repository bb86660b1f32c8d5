import type { Conversation } from "../../../../sdk/index.ts";
import { texts } from "../../../texts/texts.ts";
import { openDialog } from "../../base/open-dialog.ts";
import type { ComposerAction } from "../composer-part.ts";
import { touches } from "../focus.ts";
import { canRecord, record } from "./voice.ts";

/** It is loaded by the time of a press, or else soon enough for a browser that opens a picker only after one. */
const chooseFiles = (conversation: Conversation, isCamera: boolean) =>
  void import("../../uploads/incoming.ts").then(
    (incoming) => incoming.chooseFiles(conversation, isCamera),
    reportError,
  );

/** The actions in the menu beside the text field. They load after the first load of the page. */
export const composerActions: readonly ComposerAction[] = [
  {
    id: "files",
    label: texts.messages.composer.attach,
    icon: "attach",
    when: () => true,
    run: ({ conversation }) => chooseFiles(conversation, false),
  },
  {
    id: "camera",
    label: texts.messages.composer.camera,
    icon: "camera",
    when: () => touches.matches,
    run: ({ conversation }) => chooseFiles(conversation, true),
  },
  {
    id: "poll",
    label: texts.messages.composer.poll,
    icon: "poll",
    when: () => true,
    run: ({ conversation }) => {
      openDialog.value = { kind: "poll", conversationId: conversation.id };
    },
  },
  {
    id: "voice",
    label: texts.messages.composer.voice,
    icon: "mic",
    when: canRecord,
    run: ({ conversation }) => record(conversation),
  },
];
