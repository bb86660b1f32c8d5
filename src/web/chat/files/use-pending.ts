import { useEffect, useReducer } from "preact/hooks";
import { bytesOf, onUploads, uploadState } from "../../../sdk/features/files.ts";
import type { ChatMessage } from "../../../sdk/index.ts";
import type { PendingUpload } from "../../../sdk/public/uploads.ts";
import { useSession } from "../session/context.ts";
import { alsoLocal, keepLocal, localUrl } from "./local.ts";

const NONE: readonly PendingUpload[] = [];

/** How far the files of a message are that is on its way, by their ids: from 0 to 1. A file of a sent message has no place in it. */
export function usePending(message: ChatMessage) {
  const { client } = useSession();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const uploads = (message.state === "sent" ? undefined : message.uploads) ?? NONE;
  const isPending = uploads.length > 0;
  useEffect(() => (isPending ? onUploads(client, () => redraw(undefined)) : undefined), [isPending]);
  useEffect(() => {
    for (const upload of uploads) {
      // Soon the message has the server's file, and shows the same bytes.
      if (upload.file) alsoLocal(upload.file.id, upload.id);
      if (localUrl(upload.id) !== undefined) continue;
      void bytesOf(client, upload).then((bytes) => {
        if (!(bytes instanceof Blob) || localUrl(upload.id) !== undefined) return;
        keepLocal(upload.id, bytes);
        redraw(undefined);
      });
    }
  }, [uploads]);
  return {
    isPending,
    /** The part of a file that the server has. */
    progressOf: (id: string) => {
      const upload = uploads.find((one) => one.id === id);
      if (!upload) return undefined;
      const state = uploadState(client, upload);
      return upload.file || state?.state === "ready" ? 1 : state && state.bytes > 0 ? state.sent / state.bytes : 0;
    },
    /** The files that the server has refused, and why. */
    refused: uploads.flatMap((upload) => {
      const error = uploadState(client, upload)?.error;
      return error ? [{ upload, error }] : [];
    }),
  };
}
