type Bytes = Uint8Array<ArrayBuffer>;

/** A part of a joined stream: its bytes are `length`, starting at `from` of an object. */
export interface StreamPart {
  from: number;
  length: number;
  open(): ReadableStream<Bytes>;
}

/**
 * Streams one after the other, each opened when the one before it has ended. Reads no further ahead than its reader. A
 * part that has other bytes than it should breaks the stream: its reader must not take it for the whole.
 * @returns also whether it could begin: `begun` rejects when the first part can't be read
 */
export function joinedStream(parts: readonly StreamPart[]) {
  const joined = join(parts);
  const begun = joined.next();
  let next: typeof begun | undefined = begun;
  const stream = new ReadableStream<Bytes>(
    {
      async pull(controller) {
        const { done, value } = await (next ?? joined.next());
        next = undefined;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => void (await joined.return(undefined)),
    },
    { highWaterMark: 0 },
  );
  return { stream, begun };
}

async function* join(parts: readonly StreamPart[]): AsyncGenerator<Bytes, undefined> {
  for (const { from, length, open } of parts) {
    let left = length;
    for await (const chunk of open()) {
      // Some servers send the whole object when they are asked for its first byte alone.
      if (chunk.length > left && from > 0)
        throw new Error("the S3 server sends other bytes than those it was asked for");
      yield chunk.subarray(0, left);
      left -= Math.min(left, chunk.length);
      if (left === 0) break;
    }
    if (left > 0) throw new Error("the S3 server sent too few bytes");
  }
  return undefined;
}
