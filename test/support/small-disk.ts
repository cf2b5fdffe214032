import { spawnSync } from 'node:child_process';

const MOUNT = 'mount -t tmpfs -o "size=$0,mode=0700" tmpfs "$1" && shift && exec "$@"';

/** A launcher that gives a program a file system of so many bytes in place of a folder. Only the program sees it. */
export function onSmallDisk(folder: string, bytes: number): readonly string[] {
  return ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', MOUNT, String(bytes), folder];
}

/** Whether this machine lets us: Linux does, unless it forbids user namespaces. */
export function hasSmallDisks(folder: string): boolean {
  const [program, ...args] = [...onSmallDisk(folder, 1_000_000), 'true'];
  return spawnSync(program, args).status === 0;
}
