import type { ErrorCode } from "./errors.ts";
import type { MessageFile } from "./files.ts";

/** The bytes of a file: a `Blob` or `File` of the platform. */
export interface FileSource {
  readonly size: number;
  readonly type: string;
  readonly name?: string;
  readonly lastModified?: number;
  slice(start?: number, end?: number): FileSource;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** All that the server is told of a file beside its bytes. */
export interface FileDetails {
  /** Default: the name of the `File`. */
  name?: string | undefined;
  /** Says what the picture shows, to people who do not see it. */
  alt?: string | undefined;
  /** In seconds, of audio and video. */
  duration?: number | undefined;
  /** Of voice messages: loudnesses from 0 to 255, in base64. */
  waveform?: string | undefined;
  /** In pixels, upright. Your own message has this room while the picture is on its way. */
  width?: number | undefined;
  height?: number | undefined;
}

/** A part of an `AbortSignal`. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

export interface UploadOptions extends FileDetails {
  /** Called with the number of bytes that the server has, and of all bytes. */
  onProgress?: (sent: number, bytes: number) => void;
  /** Ends the upload, also on the server. The promise then rejects with the code `canceled`. */
  signal?: CancelSignal;
}

/** A file of a message that is on its way, or that waits for its message. Its `id` is known to this device alone. */
export interface PendingUpload extends MessageFile {
  /** The file as the server has it, when it is ready. */
  file?: MessageFile;
}

/**
 * - `waiting`: for its turn, for the connection, or until the server has room
 * - `checking`: the server has all bytes and looks at them
 * - `failed`: the server has refused it, or its bytes are gone. `error` says why
 */
export interface UploadState {
  readonly state: "waiting" | "uploading" | "checking" | "ready" | "failed";
  readonly sent: number;
  readonly bytes: number;
  readonly error?: { code: ErrorCode; message: string };
}

/** A short-lived address of a file, for tags that send neither a cookie nor a token. */
export interface FileAddress {
  url: string;
  /** ISO 8601. */
  expires_at: string;
}
