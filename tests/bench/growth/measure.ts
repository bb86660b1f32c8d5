import type { BenchNode } from "./bench-node.ts";
import type { Operation } from "./operations.ts";

/** The cost of one call of an operation. */
export interface Measured {
  name: string;
  /** The median time until it is answered, seen by its caller. */
  ms: number;
  /** CPU time of the node, PostgreSQL and Redis together. */
  cpuMs: number;
  /** Pages of tables and indexes that PostgreSQL touches. */
  pages: number;
  statements: number;
}

/** Each connection prepares a statement and plans it for good within its first calls of it. */
const WARM_UP = 16;

/** Does the operation so often, one call after the other, once its statements are planned. */
export async function measure(node: BenchNode, operation: Operation, calls: number): Promise<Measured> {
  const times: number[] = [];
  let n = 0;
  for (let i = 0; i < WARM_UP; i++) await operation.run(n++);
  await node.accesses.reset();
  const before = await node.cpu();
  for (let i = 0; i < calls; i++) {
    const since = performance.now();
    await operation.run(n++);
    times.push(performance.now() - since);
  }
  // Work after the answer counts as well.
  await Bun.sleep(20);
  const cpuMs = (await node.cpu()) - before;
  const { pages, statements } = await node.accesses.read();
  operation.end?.();
  times.sort((a, b) => a - b);
  return {
    name: operation.name,
    ms: times[times.length >> 1] ?? Number.NaN,
    cpuMs: cpuMs / calls,
    pages: pages / calls,
    statements: statements / calls,
  };
}
