import { readdirSync } from "node:fs";
import type { Server } from "bun";
import type { Upgrade } from "../ws/socket.ts";
import type { Sockets } from "../ws/sockets.ts";

/** For requests that are under way. */
const ANSWER_WITHIN_MS = 3_000;
/** For clients that were sent away and are behind. */
const HANG_UP_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 10;

/**
 * Listens no more, answers what is under way, and sends all sockets away. Bun counts a socket out when its close is sent; but
 * should the process end before the client has hung up too, then whatever that sends meanwhile is answered by a reset, and
 * the close is lost with all else that it has not read.
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
 * Sends all sockets away and answers what is under way, but goes on listening.
 * @param turnAway from when it is called no new request reaches the node
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
 * Files and connections of this process: the kernel alone knows when a closed one is gone. NaN, for which nobody waits,
 * while clients hold all that it may open.
 */
function openFiles(): number {
  try {
    return readdirSync("/dev/fd").length;
  } catch {
    return Number.NaN;
  }
}
