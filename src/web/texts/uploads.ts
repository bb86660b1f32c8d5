import { fileTexts } from "./files.ts";
import { count, numbers } from "./format.ts";

const { size } = fileTexts;
const percents = new Intl.NumberFormat("en", { style: "percent" });

const REFUSALS = new Map([
  ["scan_unavailable", "It could not be checked for viruses within a day. Try again later"],
  ["refused", "Refused by the virus check"],
  ["larger than the scanner accepts", "Too large for the virus check of this server"],
]);

/** The texts of files that are attached to a message. They load with the first one. */
export const uploadTexts = {
  drop: "Drop to attach",
  notAttached: "The files can’t be attached now. Try again.",
  nowhere: "Open a conversation to send files.",
  size,
  percent: (part: number) => percents.format(part),
  label: "Attached files",
  waiting: "Waiting…",
  checking: "Checking…",
  ready: (bytes: number) => size(bytes),
  remove: (name: string) => `Remove ${name}`,
  retry: (name: string) => `Try to send ${name} again`,
  describe: (name: string) => `Alt text of ${name}`,
  described: (name: string, alt: string) => `Alt text of ${name}: ${alt}`,
  alt: "Alt",
  altTitle: "Describe the picture",
  altLabel: "Description",
  altHint: "For people who don’t see it, or while it loads.",

  attached: (files: number) => count(files, "file attached", "files attached"),
  removed: (name: string) => `${name} removed`,
  moved: (name: string, position: number, total: number) => `${name}: ${position} of ${total}`,
  allReady: (files: number) => (files === 1 ? "The file is ready" : `All ${numbers.format(files)} files are ready`),
  failed: (name: string, reason: string) => `${name}: ${reason}`,

  refused: {
    tooMany: (most: number, left: number) =>
      `A message can have up to ${count(most, "file", "files")}. ${count(left, "file was", "files were")} left out.`,
    tooLarge: (name: string, most: number) => `${name} is too large. Files can have up to ${size(most)}.`,
    empty: (name: string) => `${name} is empty.`,
    folders: "Folders can’t be sent. Compress them first, or choose their files.",
    off: "This server takes no files.",
  },

  /** The texts for codes of the server and the client. Others have the server's own text. */
  codes: {
    file_too_large: "Too large for this server",
    user_files_full: "Your space for files is full. Delete messages with large files first",
    server_files_full: "The server has no space left for files",
    file_lost: "It is not on this device any more. Choose it again",
    file_unreadable: "It can’t be read. It may have been moved or changed",
  },
  /** Why the server refused a file: its own reason, or that of its scanner, such as the name of a virus. */
  refusal: (reason: string) => REFUSALS.get(reason) ?? `Refused by the virus check: ${reason}`,
};
