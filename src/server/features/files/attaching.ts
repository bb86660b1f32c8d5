import type { MessageFile } from "../../../protocol/files.ts";
import { Failure, invalidField } from "../../base/failure.ts";
import type { Draft } from "../../log/append.ts";
import type { Quotes } from "../../log/quotes.ts";
import type { MessageFilesStore } from "./message-files-store.ts";

/** The most that the field `files` of a message takes, as JSON. The other fields need the rest of their limit. */
const FIELD_BYTES_MAX = 7 * 1024;

/** Prepares the files of messages that are sent. The append checks them again, under its locks. */
export class Attaching {
  constructor(
    private readonly store: Pick<MessageFilesStore, "sendable">,
    private readonly quotes: Pick<Quotes, "isSent">,
  ) {}

  /**
   * The field `files` of a message with these files. `undefined`: the same send was stored before, and its files have gone
   * since. The append then answers with the message that is there.
   * @throws Failure `file_not_found`, `file_not_ready`, `file_refused`, or `validation_failed` when the field is too large
   */
  async fieldOf(
    { conversationId, senderId, clientId }: Pick<Draft, "conversationId" | "senderId" | "clientId">,
    ids: readonly string[],
  ): Promise<MessageFile[] | undefined> {
    const found = await this.store.sendable(ids);
    const files: MessageFile[] = [];
    for (const id of ids) {
      const file = found.get(id);
      // Nobody learns which files others have.
      if (!file || file.isGone || file.userId !== senderId) {
        if (clientId !== undefined && (await this.quotes.isSent(conversationId, senderId, clientId))) return undefined;
        throw new Failure("file_not_found");
      }
      if (file.state === "refused") throw new Failure("file_refused");
      if (file.state !== "ready") throw new Failure("file_not_ready");
      files.push(file.shown);
    }
    if (Buffer.byteLength(JSON.stringify(files)) > FIELD_BYTES_MAX)
      throw invalidField("files", "The names and descriptions of these files are too long together.");
    return files;
  }
}
