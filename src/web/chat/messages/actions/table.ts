import { kindOf } from "../../../../text/files.ts";
import { keyTexts } from "../../../texts/documented-keys.ts";
import { messageActionTexts } from "../../../texts/message-actions.ts";
import { texts } from "../../../texts/texts.ts";
import { threadTexts } from "../../../texts/threads.ts";
import { lazily, type MessageAction } from "../message-action.ts";
import { isDeleted } from "../preview.ts";
import { addQuote } from "../writing.ts";
import { hasFailed } from "./failed.ts";

const isSent: MessageAction["when"] = ({ message }) => message.state === "sent";
/** A failed message has nobody else to see it. */
export const canReact: MessageAction["when"] = ({ message }) => message.state !== "failed";
const hasText: MessageAction["when"] = ({ message }) => message.content !== "" || message.files === undefined;
const isOwn: MessageAction["when"] = (at) => at.isOwn && isSent(at);

/**
 * The actions on a message, in the order of the menu. The toolbar, the menu of the right button, the sheet of a phone and
 * the list of keys are made of this table.
 */
export const messageActions: readonly MessageAction[] = [
  {
    id: "react",
    group: "answer",
    label: messageActionTexts.react,
    icon: "smile",
    keys: "+",
    hint: keyTexts.react,
    isQuick: true,
    when: canReact,
    run: lazily(async () => (await import("../reactions/open.ts")).pickReaction),
  },
  {
    id: "reply",
    group: "answer",
    label: messageActionTexts.reply,
    icon: "reply",
    keys: "r",
    hint: keyTexts.reply,
    isQuick: true,
    isSwipe: true,
    when: isSent,
    run: lazily(async () => (await import("./reply.ts")).reply),
  },
  {
    id: "quote",
    group: "answer",
    label: messageActionTexts.quote,
    icon: "quote",
    keys: "q",
    hint: keyTexts.quote,
    when: hasText,
    run: ({ message, conversation }) => addQuote(message.content, conversation.id),
  },
  {
    id: "thread",
    group: "answer",
    label: threadTexts.reply,
    icon: "threads",
    keys: "t",
    hint: threadTexts.replyKey,
    isQuick: true,
    onDeleted: true,
    when: ({ message, conversation }) =>
      message.state === "sent" && !conversation.info?.parent_id && !(isDeleted(message) && !message.thread),
    run: lazily(async () => (await import("../../threads/open.ts")).openThreadOf),
  },
  {
    id: "edit",
    group: "answer",
    label: messageActionTexts.edit,
    icon: "edit",
    keys: "e",
    hint: keyTexts.edit,
    isQuick: true,
    when: isOwn,
    run: ({ message, edit }) => edit(message),
  },
  {
    id: "save",
    group: "keep",
    label: messageActionTexts.save,
    icon: "bookmark",
    keys: "s",
    hint: keyTexts.save,
    when: isSent,
    run: lazily(async () => (await import("../later/save.ts")).toggleSaved),
  },
  {
    id: "pin",
    group: "keep",
    label: messageActionTexts.pin,
    icon: "pin",
    keys: "p",
    hint: keyTexts.pin,
    when: (at) => isSent(at) && at.message.pinned === undefined,
    run: lazily(async () => (await import("../../pins/pin.ts")).pinMessage),
  },
  {
    id: "unpin",
    group: "keep",
    label: messageActionTexts.unpin,
    icon: "pin",
    keys: "p",
    when: (at) => isSent(at) && at.message.pinned !== undefined,
    run: lazily(async () => (await import("../../pins/pin.ts")).unpinMessage),
  },
  {
    id: "copy",
    group: "copy",
    label: messageActionTexts.copy,
    icon: "copy",
    keys: "c",
    hint: keyTexts.copy,
    isQuick: true,
    when: hasText,
    run: lazily(async () => (await import("./copy.ts")).copyMessage),
  },
  {
    id: "copy-picture",
    group: "copy",
    label: messageActionTexts.copyPicture,
    icon: "picture",
    when: ({ message: { files = [] } }) => files.length === 1 && files.every((file) => kindOf(file) === "image"),
    run: lazily(async () => (await import("../../files/actions.ts")).copyOnlyPicture),
  },
  {
    id: "download",
    group: "copy",
    label: messageActionTexts.download,
    icon: "download",
    keys: "d",
    hint: keyTexts.download,
    when: (at) => isSent(at) && at.message.files !== undefined,
    run: lazily(async () => (await import("../../files/actions.ts")).downloadFiles),
  },
  {
    id: "copy-link",
    group: "copy",
    label: messageActionTexts.copyLink,
    icon: "link",
    keys: "l",
    hint: keyTexts.copyLink,
    when: isSent,
    run: lazily(async () => (await import("./copy.ts")).copyLink),
  },
  {
    id: "why",
    group: "copy",
    label: messageActionTexts.why,
    icon: "bell",
    when: (at) => isSent(at) && !at.isOwn,
    run: lazily(async () => (await import("../mentions/ask-why.ts")).askWhy),
  },
  {
    id: "retry",
    group: "change",
    label: texts.design.tryAgain,
    icon: "retry",
    keys: "r",
    hint: keyTexts.retry,
    when: ({ message }) => hasFailed(message),
    run: lazily(async () => (await import("./remove.ts")).retry),
  },
  {
    id: "delete",
    group: "change",
    label: messageActionTexts.delete,
    icon: "trash",
    keys: "Delete",
    hint: keyTexts.delete,
    danger: true,
    when: isOwn,
    run: lazily(async () => (await import("./remove.ts")).remove),
  },
  {
    id: "discard",
    group: "change",
    label: messageActionTexts.discard,
    icon: "trash",
    keys: "Delete",
    danger: true,
    when: ({ message }) => message.state !== "sent",
    run: lazily(async () => (await import("./remove.ts")).discard),
  },
];
