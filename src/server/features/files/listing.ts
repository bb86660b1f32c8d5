import type { ConversationFile } from "../../../protocol/files.ts";
import type { Access } from "../../log/access.ts";
import type { FilesPage, MessageFilesStore } from "./message-files-store.ts";

/** Lists the files of conversations for their members. */
export class FileLists {
  constructor(
    private readonly store: Pick<MessageFilesStore, "list">,
    private readonly access: Pick<Access, "requireParticipant">,
  ) {}

  /** @throws Failure `conversation_not_found` or `not_a_participant` */
  async of(
    conversationId: string,
    userId: number,
    page: FilesPage,
  ): Promise<{ files: ConversationFile[]; next: number | null }> {
    await this.access.requireParticipant(conversationId, userId);
    return this.store.list(conversationId, page);
  }
}
