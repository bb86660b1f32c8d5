import { countCpu, type Spent } from "../cpu.ts";
import { Load } from "../load/load.ts";
import type { Order, Seat } from "../load/protocol.ts";
import type { Figures } from "../metrics.ts";
import type { Room } from "../people.ts";
import type { Run, Timing } from "../scenario.ts";
import { type System, socketOf } from "../systems.ts";

/** How people chat. */
export interface Chat {
  seats: Seat[];
  how: Omit<Order, "seconds">;
  /** The length of a message; a line, when left out. */
  characters?: number;
  per: "message" | "delivery";
}

/** Connects everybody, lets them chat to warm up, and measures. */
export async function chat(system: System, { seats, how, characters, per }: Chat, timing: Timing): Promise<Run> {
  const load = new Load();
  try {
    await load.connect(characters === undefined ? seats : seats.map((seat) => ({ ...seat, characters })));
    // At the same rate: after a saturated warm-up, the index of the search would have tens of thousands of messages to do.
    await load.run({ ...how, seconds: timing.warmUpSeconds });
    const stopCounting = countCpu({ ...system.parts, load: load.pid });
    const { sent, delivered, seconds, p50, p99, faults } = await load.run({ ...how, seconds: timing.seconds });
    const spent = stopCounting();
    const figures = { rate: sent / seconds, deliveries: delivered / seconds, p50, p99 };
    return {
      figures: { ...figures, ...cpuOf(spent, per === "message" ? sent : delivered) },
      faults,
      ...othersOf(spent),
    };
  } finally {
    await load.stop();
  }
}

/** In µs for each of `count`. */
export function cpuOf(spent: Spent | undefined, count: number): Figures {
  if (!spent) return {};
  const { server, redis, postgres } = spent;
  const each = (seconds: number) => (seconds / count) * 1e6;
  return {
    cpuServer: each(server),
    cpuRedis: each(redis),
    cpuPostgres: each(postgres),
    cpu: each(server + redis + postgres),
  };
}

export const othersOf = (spent: Spent | undefined) => (spent ? { others: spent.others } : {});

/** The members of a room on the system's nodes in turn. The senders, at most so many, are spread over them evenly. */
export function seatsOf(system: System, room: Room, number: number, senders: number): Seat[] {
  const apart = Math.ceil(room.members.length / senders);
  return room.members.map(({ cookie }, at) => {
    const index = Math.floor(at / apart);
    // With two nodes a step that is even would put all senders on one.
    const node = system.nodes[(at + index) % system.nodes.length];
    if (!node) throw new Error("a system without nodes");
    const seat = { url: socketOf(node, room), cookie, room: number };
    return at % apart === 0 ? { ...seat, sender: index } : seat;
  });
}

/** 500 pairs, both of whom send. */
export const pairSeats = (system: System): Seat[] =>
  system.world.pairs.flatMap((pair, number) => seatsOf(system, pair, number, 2));

const GROUP_SENDERS = 10;

/** One room of 500, ten of whom send. */
export const groupSeats = (system: System): Seat[] => seatsOf(system, system.world.group, 0, GROUP_SENDERS);
/** Of each sender, that 40 messages of the group are under way. */
export const GROUP_IN_FLIGHT = 40 / GROUP_SENDERS;
