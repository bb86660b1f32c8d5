import { readdirSync } from "node:fs";
import type { Server } from "bun";
import type { Upgrade } from "../ws/socket.ts";
import type { Sockets } from "../ws/sockets.ts";

/** The time for requests that are under way. */
const ANSWER_WITHIN_MS = 3_000;
/** The time for clients that were sent away and are behind. */
const HANG_UP_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 10;

/**
 * Stops listening, answers the requests under way, and sends all sockets away. For Bun a socket is closed when its
 * close frame is sent. But if the process ends before the client has hung up, the kernel answers the client's next
 * packet with a reset. The client then loses the close frame and everything else that it has not read.
 */
export async function stopServer(server: Server<Upgrade>, sockets: Sockets): Promise<void> {
  const closed = sockets.closeAll();
  const stopped = server.stop();
  const left = openFiles() - closed - server.pendingRequests;
  const until = performance.now() + HANG_UP_WITHIN_MS;
  await Promise.race([stopped, Bun.sleep(ANSWER_WITHIN_MS)]);
  while (closed > 0 && openFiles() > left && performance.now() < until) await Bun.sleep(LOOK_EVERY_MS);
  await server.stop(true);
}

/**
 * Sends all sockets away and answers the requests under way, but goes on listening.
 * @param turnAway makes sure that no new request reaches the node from then on
 */
export async function sendAway(server: Server<Upgrade>, sockets: Sockets, turnAway: () => void): Promise<void> {
  const until = performance.now() + HANG_UP_WITHIN_MS;
  sockets.closeAll();
  while (server.pendingWebSockets > 0 && performance.now() < until) await Bun.sleep(LOOK_EVERY_MS);
  turnAway();
  const answered = performance.now() + ANSWER_WITHIN_MS;
  while (server.pendingRequests > 0 && performance.now() < answered) await Bun.sleep(LOOK_EVERY_MS);
}

/**
 * The number of files and connections of this process: only the kernel knows when a closed connection is gone. NaN,
 * which ends the waiting, while the process has as many open as it may.
 */
function openFiles(): number {
  try {
    return readdirSync("/dev/fd").length;
  } catch {
    return Number.NaN;
  }
}
