/** How many tags of delivered changes are remembered. */
const TAGS_KEPT = 32;

/** The tags of the newest changes that a room has delivered. They show whether the log still has the same history. */
export class DeliveredTags {
  /** By version modulo their number; made when the first change is delivered. */
  private marks: Uint32Array | undefined;
  /** The versions above this one were delivered, and have their marks. */
  private after = 0;
  private newest = 0;

  /** The room stands at this version now, and remembers nothing before it. */
  startAfter(version: number): void {
    this.after = version;
    this.newest = version;
  }

  record(version: number, tag: string): void {
    this.newest = version;
    this.marks ??= new Uint32Array(TAGS_KEPT);
    this.marks[version % TAGS_KEPT] = markFor(tag);
  }

  /** The first version that is remembered, if any is. */
  get first(): number {
    return Math.max(this.after, this.newest - TAGS_KEPT) + 1;
  }

  /** Whether the change that was delivered with this version had this tag; undefined when that is not remembered. */
  has(version: number, tag: string | null): boolean | undefined {
    const isKept = version > this.after && version > this.newest - TAGS_KEPT && version <= this.newest;
    const mark = isKept ? this.marks?.[version % TAGS_KEPT] : undefined;
    return mark === undefined ? undefined : tag !== null && markFor(tag) === mark;
  }
}

/** Tags end in random digits: a hash of the last eight tells one tag from another, and takes four bytes. */
function markFor(tag: string): number {
  let mark = 0;
  for (let i = tag.length - 8; i < tag.length; i++) mark = (Math.imul(mark, 31) + tag.charCodeAt(i)) >>> 0;
  return mark;
}
