import { type AccountCommand, type AccountReply, accountReply } from "./accounts.ts";
import { controlReply, holdBody, PATHS } from "./protocol.ts";

/** The server, or its answer, went away while a command relied on it. */
export class ServerGoneError extends Error {}

const post = (unix: string, path: string, body: unknown, signal?: AbortSignal) =>
  fetch(`http://confab${path}`, {
    unix,
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => {
    throw new ServerGoneError("The server that was running on this folder does not answer.", { cause: error });
  });

const replyOf = async (response: Response) => controlReply.parse(await response.json());

/** Lets the server carry out a command on accounts. */
export const askForAccount = async (socket: string, command: AccountCommand): Promise<AccountReply> =>
  accountReply.parse(await (await post(socket, PATHS.accounts, command)).json());

/** Lets the server close its database and open it again. */
export const askToReopen = async (socket: string) => replyOf(await post(socket, PATHS.reopen, {}));

/**
 * Does some work while the server keeps its checkpoints back.
 * @throws ServerGoneError when the server did not do so to the end: the result of the work is invalid then
 */
export async function withCheckpointsHeld(socket: string, work: () => Promise<void>): Promise<void> {
  const ending = new AbortController();
  try {
    const response = await post(socket, PATHS.hold, {}, ending.signal);
    if (!response.ok || !response.body) throw new Error((await replyOf(response)).text);
    const reader = response.body.getReader();
    const first = await reader.read();
    const { id } = holdBody.parse(JSON.parse(new TextDecoder().decode(first.value)));
    // An answer without a reader is collected as garbage, and the connection goes with it.
    readToEnd(reader).catch(() => {});
    await work();
    const reply = await replyOf(await post(socket, PATHS.release, { id }));
    if (!reply.ok) throw new ServerGoneError(reply.text);
  } finally {
    ending.abort();
  }
}

async function readToEnd(reader: { read(): Promise<{ done: boolean }> }) {
  while (!(await reader.read()).done);
}
