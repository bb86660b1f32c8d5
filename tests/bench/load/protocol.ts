/** One connection. */
export interface Seat {
  /** Of the upgrade, as http://… */
  url: string;
  cookie: string;
  /** The number of its room, below 65,536. */
  room: number;
  /** Its place among the senders of its room, from 0 and below 256; `undefined`: it only listens. */
  sender?: number;
  /** The length of its messages; a line, when left out. */
  characters?: number;
}

/** At a rate, in messages a second over all senders; or as fast as it goes, each sender with so many in flight. */
export interface Order {
  seconds: number;
  rate?: number;
  inFlight?: number;
}

export interface Connected {
  /** How long it took to connect all. */
  seconds: number;
}

export interface Result {
  sent: number;
  delivered: number;
  /** From the first send to the last delivery. */
  seconds: number;
  /** Of a delivery, from its send, in milliseconds. */
  p50: number;
  p99: number;
  /** Anything but every message once, in order, to everyone: over all runs since the connections were made. */
  faults: string[];
}

export type Ask = { connect: Seat[] } | { run: Order };
export type Answer = { connected: Connected } | { result: Result } | { failed: string };
