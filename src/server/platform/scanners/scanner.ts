/** A whole file that has not been read by anybody yet. */
export interface ScannedFile {
  id: string;
  name: string;
  type: string;
  bytes: number;
  /** SHA-256 of the bytes, in hex. It reads all of them. */
  digest(): Promise<string>;
}

/** `reason` is for the operator and the uploader: the name of a virus, or the rule that the file breaks. */
export type Verdict = { clean: true } | { clean: false; reason: string };

/** Looks into files before anybody can read them. `tests/contracts/scanners.test.ts` runs on every driver. */
export interface Scanner {
  /**
   * Scans a file. May take minutes.
   * @param open opens the bytes, from the first on
   * @throws when the scanner gives no verdict. The file must then stay unread, and be scanned again later
   */
  scan(file: ScannedFile, open: () => Promise<ReadableStream<Uint8Array>>): Promise<Verdict>;
  /** Asks whether the scanner is there. @throws when it is not */
  check(): Promise<void>;
}
