import type { File, FileState } from "../../../protocol/files.ts";
import type { BlobKey } from "../../platform/blobs/blobs.ts";

/** A file, as its row has it. */
export interface StoredFile {
  id: string;
  userId: number;
  name: string;
  /** By the first bytes. Until all are there it is the one that the client gave, or empty. */
  type: string;
  bytes: number;
  /** How many of the bytes are durable. */
  received: number;
  state: FileState;
  /** SHA-256 in hex; null when no scanner has asked for it. */
  digest: string | null;
  details: Record<string, unknown>;
  refusal: string | null;
  createdMs: number;
}

export const keyOf = ({ id }: Pick<StoredFile, "id">): BlobKey => `files/${id}`;

/** The file as its uploader sees it. */
export const shownFile = ({ id, name, type, bytes, received, state, details, refusal }: StoredFile): File => ({
  ...details,
  id,
  name,
  type,
  bytes,
  state,
  offset: received,
  ...(refusal !== null && { refusal }),
});
