/** The most keys that one statement reads. */
const KEYS_AT_ONCE = 1_000;
/** After this time the next statement starts beside a slow one. */
const PATIENCE_MS = 50;

interface Asked<Key, Value> extends PromiseWithResolvers<Value | undefined> {
  key: Key;
}

/**
 * Group commit for reads: reads that arrive while a statement is under way share the next one. There is no artificial
 * wait. A read is never answered by a statement that began before it, so it always sees earlier commits.
 */
export class SharedReads<Key, Value> {
  private waiting = new Map<string, Asked<Key, Value>>();
  private busy = false;

  /** @param readAll gives the values by `nameOf(key)`. When it rejects, all reads of the statement get the error */
  constructor(
    private readonly nameOf: (key: Key) => string,
    private readonly readAll: (keys: Key[]) => Promise<Map<string, Value>>,
  ) {}

  get(key: Key): Promise<Value | undefined> {
    const name = this.nameOf(key);
    let asked = this.waiting.get(name);
    if (!asked) {
      asked = { key, ...Promise.withResolvers<Value | undefined>() };
      this.waiting.set(name, asked);
    }
    if (!this.busy) this.begin();
    return asked.promise;
  }

  private begin() {
    this.busy = true;
    let ended = false;
    const goOn = () => {
      if (ended) return;
      ended = true;
      clearTimeout(patience);
      this.busy = false;
      if (this.waiting.size > 0) this.begin();
    };
    const patience = setTimeout(goOn, PATIENCE_MS);
    void this.read().then(goOn);
  }

  private async read() {
    // Reads of the same tick share the statement.
    await Promise.resolve();
    const batch = [...this.waiting].slice(0, KEYS_AT_ONCE);
    if (batch.length === this.waiting.size) this.waiting = new Map();
    else for (const [name] of batch) this.waiting.delete(name);
    try {
      const found = await this.readAll(batch.map(([, asked]) => asked.key));
      for (const [name, asked] of batch) asked.resolve(found.get(name));
    } catch (error) {
      for (const [, asked] of batch) asked.reject(error);
    }
  }
}
