import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";
import { z } from "zod";

/**
 * A backup is a zstd file of JSON lines: a header, then the rows of each table in the header's order. zstd skips the first
 * frame, which says what the file is, and the last, which has the SHA-256 of everything before it. So `zstd -dc FILE` shows
 * the lines, and every change and every missing byte is noticed.
 */
const FORMAT = 1;
const SKIPPED_FIRST = 0x184d2a50;
const SKIPPED_LAST = 0x184d2a51;
const TITLE = "Confab backup, format ";
const CHECKSUM = "sha256 ";
const FRAME_HEAD = 8;
const LAST_BYTES = FRAME_HEAD + CHECKSUM.length + 64;

export const backupHeader = z.object({
  /** The Confab that wrote it. */
  confab: z.string(),
  created_at: z.string(),
  from: z.enum(["embedded", "postgresql"]),
  /** The newest migration of its tables, by the time that names it. */
  migration: z.number(),
  /** The epoch of the database; null from a version that had none. */
  epoch: z.string().nullable(),
  tables: z.array(z.object({ name: z.string(), rows: z.number() })),
});
export type BackupHeader = z.infer<typeof backupHeader>;

export const rowsOf = ({ tables }: BackupHeader) => tables.reduce((sum, { rows }) => sum + rows, 0);

/** The file is not a backup, or not a whole one. The text says what to do. */
export class BackupFileError extends Error {}

/** Takes bytes in order. Resolves when it can take more. */
export interface Sink {
  write(bytes: Uint8Array): Promise<void>;
}

function skippedFrame(magic: number, text: string): Buffer {
  const head = Buffer.alloc(FRAME_HEAD);
  head.writeUInt32LE(magic, 0);
  head.writeUInt32LE(text.length, 4);
  return Buffer.concat([head, Buffer.from(text, "latin1")]);
}

/** Writes a backup, line by line, in constant memory. */
export class BackupWriter {
  private readonly hash = createHash("sha256");
  private readonly zstd = createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  private readonly pumped: Promise<void>;
  private failed: unknown;
  bytes = 0;

  constructor(private readonly sink: Sink) {
    this.pumped = this.pump();
    this.pumped.catch((error: unknown) => {
      this.failed = error;
      this.zstd.destroy();
    });
  }

  async lines(lines: readonly string[]): Promise<void> {
    if (this.failed !== undefined) throw this.failed;
    if (lines.length === 0) return;
    if (this.zstd.write(`${lines.join("\n")}\n`)) return;
    await Promise.race([new Promise<void>((resolve) => this.zstd.once("drain", resolve)), this.pumped]);
    if (this.failed !== undefined) throw this.failed;
  }

  async end(): Promise<void> {
    this.zstd.end();
    await this.pumped;
    await this.put(skippedFrame(SKIPPED_LAST, CHECKSUM + this.hash.copy().digest("hex")));
  }

  private async pump() {
    await this.put(skippedFrame(SKIPPED_FIRST, `${TITLE}${FORMAT}`));
    for await (const chunk of this.zstd) await this.put(chunk);
  }

  private async put(bytes: Uint8Array) {
    this.hash.update(bytes);
    this.bytes += bytes.length;
    await this.sink.write(bytes);
  }
}

/**
 * Reads a whole backup and makes sure of it: the checksum, the format, and that each table has its rows.
 * @param onBytes is called with the bytes read so far, over both passes
 * @throws BackupFileError
 */
export async function verifyBackup(path: string, onBytes: (bytes: number) => void = () => {}): Promise<BackupHeader> {
  await verifyChecksum(path, onBytes);
  let found: BackupHeader | undefined;
  for await (const { header } of readBackup(path, onBytes)) found = header;
  if (!found) throw damaged(path, "it has no header");
  return found;
}

async function verifyChecksum(path: string, onBytes: (bytes: number) => void) {
  const file = await open(path, "r").catch((error: unknown) => {
    throw new BackupFileError(`${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  try {
    const { size } = await file.stat();
    const title = Buffer.alloc(FRAME_HEAD + TITLE.length + 1);
    await file.read(title, 0, title.length, 0);
    const wanted = skippedFrame(SKIPPED_FIRST, `${TITLE}${FORMAT}`);
    if (!title.equals(wanted)) throw notThis(path, title, wanted);
    const last = Buffer.alloc(LAST_BYTES);
    await file.read(last, 0, last.length, Math.max(0, size - LAST_BYTES));
    const frame = skippedFrame(SKIPPED_LAST, CHECKSUM + "0".repeat(64));
    if (size < wanted.length + LAST_BYTES || !last.subarray(0, -64).equals(frame.subarray(0, -64)))
      throw damaged(path, "its end is missing");
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path, { end: size - LAST_BYTES - 1 })) {
      hash.update(chunk);
      onBytes(chunk.length);
    }
    if (hash.digest("hex") !== last.subarray(-64).toString("latin1")) throw damaged(path, "its checksum is wrong");
  } finally {
    await file.close();
  }
}

function notThis(path: string, title: Buffer, wanted: Buffer): BackupFileError {
  if (!title.subarray(0, -1).equals(wanted.subarray(0, -1)))
    return new BackupFileError(`${path} is no backup of Confab. Give a file that \`confab backup\` has written.`);
  return new BackupFileError(`${path} has a format that this version does not know. Restore it with a newer Confab.`);
}

const damaged = (path: string, how: string) =>
  new BackupFileError(`${path} is damaged: ${how}. Nothing was changed. Use another backup.`);

/** Rows of one table, as JSON texts. */
interface Rows {
  header: BackupHeader;
  table: string;
  rows: string[];
}

/** Reads a backup whose checksum is right, in constant memory. The header comes first, without rows. */
export async function* readBackup(path: string, onBytes: (bytes: number) => void = () => {}): AsyncGenerator<Rows> {
  let read: BackupHeader | undefined;
  let left: BackupHeader["tables"] = [];
  let missing = 0;
  for await (const lines of linesOf(path, onBytes)) {
    let rest = lines;
    if (!read) {
      const parsed = backupHeader.safeParse(parseJson(rest[0] ?? ""));
      if (!parsed.success) throw damaged(path, "its header can't be read");
      read = parsed.data;
      left = [...read.tables];
      missing = left[0]?.rows ?? 0;
      rest = rest.slice(1);
      yield { header: read, table: "", rows: [] };
    }
    while (rest.length > 0) {
      while (missing === 0 && left.length > 0) {
        left.shift();
        missing = left[0]?.rows ?? 0;
      }
      const [table] = left;
      if (!table) throw damaged(path, "it has more rows than it says");
      const rows = rest.slice(0, missing);
      rest = rest.slice(rows.length);
      missing -= rows.length;
      yield { header: read, table: table.name, rows };
    }
  }
  if (!read || missing > 0 || left.slice(1).some(({ rows }) => rows > 0))
    throw damaged(path, "it has fewer rows than it says");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function* linesOf(path: string, onBytes: (bytes: number) => void): AsyncGenerator<string[]> {
  const source = createReadStream(path);
  source.on("data", (chunk) => onBytes(chunk.length));
  const text = source.pipe(createZstdDecompress());
  source.on("error", (error) => text.destroy(error));
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let begun = "";
  try {
    for await (const chunk of text) {
      const lines = (begun + decoder.decode(chunk, { stream: true })).split("\n");
      begun = lines.pop() ?? "";
      if (lines.length > 0) yield lines;
    }
  } catch (error) {
    if (error instanceof BackupFileError) throw error;
    throw damaged(path, error instanceof Error ? error.message : String(error));
  }
  if (begun !== "") throw damaged(path, "its last line has no end");
}
