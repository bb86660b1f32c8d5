/** A disk of 256 KiB mounted on the folder; undefined where this user may not mount one, which is said out loud. */
export function mountSmallDisk(folder: string): { unmount(): void } | undefined {
  const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=256k", "confab-test", folder]).success;
  if (!mounted) {
    process.stderr.write("SKIPPED: tests on a full disk, which only root can mount\n");
    return undefined;
  }
  return {
    unmount() {
      Bun.spawnSync(["umount", "-l", folder]);
    },
  };
}
