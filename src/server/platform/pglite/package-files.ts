import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PGlite, type PGliteOptions } from "@electric-sql/pglite";

/** The folder for the packed files of a build. The binary has them under the last part of this path. */
export const PACKED = "dist/pglite";

/** The files of PGlite's package that a database needs: PostgreSQL itself, and what it installs beside its program. */
const [PROGRAM, FILES] = ["pglite.wasm", "pglite.data"];
/** The program that makes a cluster. Only `bun run empty-cluster` runs it. */
const INITDB = "initdb.wasm";

/** A file as the package has it, which is not in the binary. */
const inPackage = (name: string) => Bun.file(Bun.resolveSync(`@electric-sql/pglite/${name}`, import.meta.dir));

/**
 * Packs the files for the binary, where they take a quarter of the room. To unpack them takes some 20 ms of CPU time. Files
 * of an earlier build stay if they are right, because packing takes ten seconds.
 */
export async function packFiles(): Promise<void> {
  mkdirSync(PACKED, { recursive: true });
  for (const name of [PROGRAM, FILES]) {
    const bytes = await inPackage(name).bytes();
    const packed = join(PACKED, name);
    if (existsSync(packed) && Bun.zstdDecompressSync(readFileSync(packed)).equals(bytes)) continue;
    writeFileSync(packed, Bun.zstdCompressSync(bytes, { level: 19 }));
  }
}

async function read(name: string): Promise<Uint8Array<ArrayBuffer>> {
  if (!Bun.isStandaloneExecutable) return inPackage(name).bytes();
  const packed = await Bun.file(join(import.meta.dir, basename(PACKED), name)).bytes();
  // Bun's own memory is never shared between threads, whatever the type of a Buffer allows.
  return Bun.zstdDecompressSync(packed) as Uint8Array<ArrayBuffer>;
}

/**
 * Makes a PGlite with its files given here. PGlite looks for them beside its code, where the single binary has none.
 */
export async function createPglite(options: PGliteOptions = {}): Promise<PGlite> {
  const [pgliteWasmModule, files] = await Promise.all([compile(PROGRAM), read(FILES)]);
  return PGlite.create({ ...options, pgliteWasmModule, fsBundle: new Unpacked(files) });
}

/** The same with the program that makes a new cluster, for a data folder that is empty. */
export async function createCluster(): Promise<PGlite> {
  return PGlite.create({ initdbWasmModule: await WebAssembly.compile(await inPackage(INITDB).bytes()) });
}

/** Bytes that are given as they are. A Blob of its own would hold a second copy. */
class Unpacked extends Blob {
  constructor(private readonly content: Uint8Array<ArrayBuffer>) {
    super();
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return this.content.buffer;
  }
}

const compile = async (name: string) => WebAssembly.compile(await read(name));
