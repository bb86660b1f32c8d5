import { PGlite, type PGliteOptions } from "@electric-sql/pglite";
import initdb from "@electric-sql/pglite/initdb.wasm" with { type: "file" };
import files from "@electric-sql/pglite/pglite.data" with { type: "file" };
import postgres from "@electric-sql/pglite/pglite.wasm" with { type: "file" };

/**
 * Makes a PGlite with its files named here. PGlite looks for them beside its code, where the single binary has none.
 */
export async function createPglite(options: PGliteOptions = {}): Promise<PGlite> {
  const [pgliteWasmModule, initdbWasmModule] = await Promise.all([compile(postgres), compile(initdb)]);
  return PGlite.create({ ...options, pgliteWasmModule, initdbWasmModule, fsBundle: Bun.file(files) });
}

const compile = async (path: string) => WebAssembly.compile(await Bun.file(path).bytes());
