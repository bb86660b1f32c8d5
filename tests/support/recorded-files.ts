import {
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { deserialize, serialize } from "node:v8";
import type { PGlite } from "@electric-sql/pglite";
import { SyncedFiles } from "../../src/server/platform/pglite/synced-files.ts";

const O_TRUNC = 512;
const O_DSYNC = 4096;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
/** A disk writes a block of this size as a whole or not at all. */
const BLOCK = 4096;

type Event =
  | { kind: "write"; file: number; at: number; data: Uint8Array; isThrough: boolean }
  | { kind: "truncate"; file: number; size: number }
  | { kind: "sync"; file: number }
  | { kind: "name"; file: number; path: string; from?: string }
  | { kind: "unlink"; file: number; path: string }
  /** A file that was there from the start. */
  | { kind: "origin"; file: number; path: string }
  | { kind: "mark"; mark: string };

const SIZE_BYTES = 4;
const baseOf = (folder: string) => `${folder}.base`;
const eventsOf = (folder: string) => `${folder}.events`;

interface Node {
  parent: Node;
}
interface Stream {
  node: Node;
  flags: number;
}
/** Emscripten's files of the real disk: the calls that change them. */
interface NodeFiles {
  realPath(node: Node): string;
  stream_ops: {
    open(stream: Stream): void;
    write(stream: Stream, from: Int8Array, offset: number, length: number, position: number): number;
    setattr(stream: Stream, attributes: { size?: number }): void;
    fsync(stream: Stream): number;
  };
  node_ops: {
    setattr(node: Node, attributes: { size?: number }): void;
    mknod(parent: Node, name: string, mode: number, device: number): Node;
    rename(node: Node, parent: Node, name: string): void;
    unlink(parent: Node, name: string): void;
  };
}

/**
 * Records what a database does to its files, in order, so that the disk can be shown as a loss of power would have left
 * it at any moment. They are what the database's thread has; `Recording` is what the test has of them.
 */
export class RecordedFiles extends SyncedFiles {
  private readonly files = new Map<string, number>();
  private made = 0;
  private readonly events: number;

  constructor(folder: string) {
    super(folder);
    cpSync(folder, baseOf(folder), { recursive: true });
    this.events = openSync(eventsOf(folder), "w");
  }

  /** Written at once: when the test gets an answer, all events before it are in the record. */
  private push(event: Event) {
    const bytes = serialize(event);
    const size = Buffer.alloc(SIZE_BYTES);
    size.writeUInt32LE(bytes.length);
    writeSync(this.events, Buffer.concat([size, bytes]));
  }

  override async init(...given: Parameters<SyncedFiles["init"]>) {
    const { emscriptenOpts } = await super.init(...given);
    const record = (module: NonNullable<PGlite["Module"]>) => this.record(module.NODEFS);
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), record] } };
  }

  private record(nodeFiles: NodeFiles) {
    const { stream_ops, node_ops } = nodeFiles;
    const before = { stream: { ...stream_ops }, node: { ...node_ops } };
    const pathOf = (node: Node, name = "") => join(nodeFiles.realPath(node), name).slice(this.rootDir.length);
    const resize = (file: number, { size }: { size?: number }) => {
      if (size !== undefined) this.push({ kind: "truncate", file, size });
    };
    stream_ops.open = (stream) => {
      before.stream.open(stream);
      if (stream.flags & O_TRUNC) resize(this.fileAt(pathOf(stream.node)), { size: 0 });
    };
    stream_ops.write = (stream, from, offset, length, at) => {
      const written = before.stream.write(stream, from, offset, length, at);
      const data = new Uint8Array(from.buffer, from.byteOffset + offset, written).slice();
      const isThrough = (stream.flags & O_DSYNC) !== 0;
      this.push({ kind: "write", file: this.fileAt(pathOf(stream.node)), at, data, isThrough });
      return written;
    };
    stream_ops.setattr = (stream, attributes) => {
      before.stream.setattr(stream, attributes);
      resize(this.fileAt(pathOf(stream.node)), attributes);
    };
    stream_ops.fsync = (stream) => {
      this.push({ kind: "sync", file: this.fileAt(pathOf(stream.node)) });
      return before.stream.fsync(stream);
    };
    node_ops.setattr = (node, attributes) => {
      before.node.setattr(node, attributes);
      resize(this.fileAt(pathOf(node)), attributes);
    };
    node_ops.mknod = (parent, name, mode, device) => {
      if ((mode & S_IFMT) === S_IFREG) {
        const path = pathOf(parent, name);
        const file = ++this.made;
        this.files.set(path, file);
        this.push({ kind: "name", file, path });
      }
      return before.node.mknod(parent, name, mode, device);
    };
    node_ops.rename = (node, parent, name) => {
      const [from, path] = [pathOf(node), pathOf(parent, name)];
      const file = this.fileAt(from);
      this.files.delete(from);
      this.files.set(path, file);
      this.push({ kind: "name", file, path, from });
      before.node.rename(node, parent, name);
    };
    node_ops.unlink = (parent, name) => {
      const path = pathOf(parent, name);
      this.push({ kind: "unlink", file: this.fileAt(path), path });
      this.files.delete(path);
      before.node.unlink(parent, name);
    };
  }

  private fileAt(path: string): number {
    let file = this.files.get(path);
    if (file === undefined) {
      file = ++this.made;
      this.files.set(path, file);
      this.push({ kind: "origin", file, path });
    }
    return file;
  }
}

/**
 * Shows the disk as a loss of power would have left it: without any part of what was not synced yet. The model is a
 * journaling file system's: names change in order, and a file's sync takes along the names that it has got. Data written
 * through (O_SYNC) is there.
 */
export class Recording {
  private events: Event[] = [];
  private readonly marks: { at: number; mark: string }[] = [];

  /** @param folder of a database whose thread has `RecordedFiles` */
  constructor(private readonly folder: string) {}

  /** Notes here what has happened; MUST be called while the database does nothing. */
  mark(mark: string): void {
    this.marks.push({ at: statSync(eventsOf(this.folder)).size, mark });
  }

  /** All events until now, marks in between. */
  read(): readonly { readonly kind: Event["kind"]; readonly mark?: string }[] {
    const bytes = readFileSync(eventsOf(this.folder));
    const marks = [...this.marks];
    this.events = [];
    const addMarks = (until: number) => {
      while (marks[0] && marks[0].at <= until) this.events.push({ kind: "mark", mark: marks.shift()?.mark ?? "" });
    };
    for (let at = 0; at < bytes.length; ) {
      addMarks(at);
      const end = at + SIZE_BYTES + bytes.readUInt32LE(at);
      this.events.push(deserialize(bytes.subarray(at + SIZE_BYTES, end)));
      at = end;
    }
    addMarks(bytes.length);
    return this.events;
  }

  /**
   * Writes the disk to a folder as it may be when the power goes after so many events.
   * @param survives of what was not synced: whether this block, or one more change of a name, got there all the same
   * @returns the marks that were made until then
   */
  cut(after: number, folder: string, survives: () => boolean): string[] {
    const events = this.events.slice(0, after);
    const origins = new Map(this.events.flatMap((e) => (e.kind === "origin" ? [[e.file, e.path] as const] : [])));
    const syncedAt = new Map<number, number>();
    for (const [index, event] of events.entries())
      if (event.kind === "sync" || (event.kind === "write" && event.isThrough)) syncedAt.set(event.file, index);
    // Names, in order, up to the last one that a sync has taken along, and on from there by chance.
    let named = -1;
    for (const [index, event] of events.entries())
      if (event.kind === "name" && index < (syncedAt.get(event.file) ?? -1)) named = index;
    for (; named + 1 < events.length && survives(); named++);

    rmSync(folder, { recursive: true, force: true });
    cpSync(baseOf(this.folder), folder, { recursive: true });
    const contents = new Map<number, Uint8Array>();
    const contentOf = (file: number) => {
      const origin = origins.get(file);
      const content = contents.get(file) ?? (origin === undefined ? new Uint8Array() : this.baseFile(origin));
      contents.set(file, content);
      return content;
    };
    const marks: string[] = [];
    for (const [index, event] of events.entries()) {
      if (event.kind === "mark") marks.push(event.mark);
      else if (event.kind === "truncate") contents.set(event.file, resized(contentOf(event.file), event.size));
      else if (event.kind === "write") {
        const isSynced = event.isThrough || index < (syncedAt.get(event.file) ?? -1);
        contents.set(event.file, written(contentOf(event.file), event, isSynced ? () => true : survives));
      }
    }
    const places = new Map<number, string>(origins);
    for (const event of events.slice(0, named + 1)) {
      if (event.kind === "unlink") {
        places.delete(event.file);
        rmSync(join(folder, event.path), { force: true });
      }
      if (event.kind === "name") {
        for (const [file, path] of places) if (path === event.path) places.delete(file);
        places.set(event.file, event.path);
        mkdirSync(dirname(join(folder, event.path)), { recursive: true });
        if (event.from === undefined) writeFileSync(join(folder, event.path), "");
        else if (origins.has(event.file)) renameSync(join(folder, event.from), join(folder, event.path));
        else rmSync(join(folder, event.from), { force: true });
      }
    }
    for (const [file, content] of contents) {
      const path = places.get(file);
      if (path !== undefined) writeFileSync(join(folder, path), content);
    }
    return marks;
  }

  private baseFile(path: string): Uint8Array {
    try {
      return readFileSync(baseOf(this.folder) + path);
    } catch {
      return new Uint8Array();
    }
  }
}

function resized(content: Uint8Array, size: number): Uint8Array {
  const copy = new Uint8Array(size);
  copy.set(content.subarray(0, size));
  return copy;
}

function written(content: Uint8Array, { at, data }: { at: number; data: Uint8Array }, survives: () => boolean) {
  let copy = content;
  for (let from = 0; from < data.length; ) {
    const to = Math.min(data.length, from + BLOCK - ((at + from) % BLOCK));
    if (survives()) {
      if (at + to > copy.length) copy = resized(copy, Math.max(at + to, Math.min(at + data.length, copy.length * 2)));
      copy.set(data.subarray(from, to), at + from);
    }
    from = to;
  }
  return copy;
}
