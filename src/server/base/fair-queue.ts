import type { PasswordCaller } from "./caller.ts";

/**
 * After this many turns of proven callers, another caller has one. An attacker with proof therefore can't block
 * everybody else.
 */
const PROVEN_IN_A_ROW = 4;

/**
 * Waiting callers of one kind. Wide networks take turns, and so do the networks in each. Callers of one network come in
 * order.
 */
class Turns<T> {
  size = 0;
  /** The network whose turn is next comes first. */
  private readonly wides = new Map<string, Wide<T>>();

  add({ network, wide: name }: PasswordCaller, item: T): void {
    const wide: Wide<T> = this.wides.get(name) ?? { size: 0, networks: new Map() };
    this.wides.set(name, wide);
    const waiting = wide.networks.get(network) ?? [];
    wide.networks.set(network, waiting);
    waiting.push(item);
    wide.size++;
    this.size++;
  }

  next(): T | undefined {
    const [first] = this.wides;
    if (!first) return undefined;
    const [name, wide] = first;
    const [found] = wide.networks;
    if (!found) return undefined;
    const [network, waiting] = found;
    const item = waiting.shift();
    wide.size--;
    this.size--;
    wide.networks.delete(network);
    if (waiting.length > 0) wide.networks.set(network, waiting);
    this.wides.delete(name);
    if (wide.size > 0) this.wides.set(name, wide);
    return item;
  }

  /**
   * Removes the last caller of the busiest network in the busiest wide network. Of equals it chooses the one that has
   * just grown.
   */
  dropLast(grown: PasswordCaller): T | undefined {
    const [name, wide] = busiest(this.wides, grown.wide, ({ size }) => size) ?? [];
    const [network, waiting] = (wide && busiest(wide.networks, grown.network, ({ length }) => length)) ?? [];
    if (name === undefined || network === undefined || !wide || !waiting) return undefined;
    wide.size--;
    this.size--;
    if (waiting.length === 1) wide.networks.delete(network);
    if (wide.size === 0) this.wides.delete(name);
    return waiting.pop();
  }
}

interface Wide<T> {
  size: number;
  /** The callers by network. The network whose turn is next comes first. */
  networks: Map<string, T[]>;
}

function busiest<V>(all: Map<string, V>, preferred: string, sizeOf: (value: V) => number): [string, V] | undefined {
  const liked = all.get(preferred);
  let found: [string, V] | undefined = liked === undefined ? undefined : [preferred, liked];
  for (const entry of all) if (!found || sizeOf(entry[1]) > sizeOf(found[1])) found = entry;
  return found;
}

/**
 * The callers who wait for a password to be hashed. Proven callers go first, and are refused last when too many wait.
 * Among equals each wide network has its share, and each network in it. So a flood delays its own network alone.
 */
export class FairQueue<T> {
  private readonly proven = new Turns<T>();
  private readonly others = new Turns<T>();
  private provenInARow = 0;

  get size(): number {
    return this.proven.size + this.others.size;
  }

  add(caller: PasswordCaller, item: T): void {
    (caller.isProven ? this.proven : this.others).add(caller, item);
  }

  next(): T | undefined {
    const isTheirs = this.proven.size > 0 && (this.provenInARow < PROVEN_IN_A_ROW || this.others.size === 0);
    this.provenInARow = isTheirs ? this.provenInARow + 1 : 0;
    return (isTheirs ? this.proven : this.others).next();
  }

  /** @param grown the caller of the last `add`. They are dropped only when their own network is among the busiest */
  dropLast(grown: PasswordCaller): T | undefined {
    return (this.others.size > 0 ? this.others : this.proven).dropLast(grown);
  }
}
