export interface SmallDisk {
  /** Makes it larger, while it is in use. */
  grow(kib: number): void;
  unmount(): void;
}

/** A disk of this size mounted on the folder; `undefined` where this user may not mount one. A line of the output says so. */
export function mountSmallDisk(folder: string, kib: number): SmallDisk | undefined {
  const mount = (options: string) => Bun.spawnSync(["mount", "-t", "tmpfs", "-o", options, "confab-test", folder]);
  if (!mount(`size=${kib}k`).success) {
    process.stderr.write("SKIPPED: tests on a full disk, which only root can mount\n");
    return undefined;
  }
  return {
    grow(kib) {
      if (!mount(`remount,size=${kib}k`).success) throw new Error("the disk can't be made larger");
    },
    unmount() {
      Bun.spawnSync(["umount", "-l", folder]);
    },
  };
}
