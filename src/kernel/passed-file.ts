import { syscall } from './libc.ffi.ts';

/** Large enough for the disk to be fast, small enough for memory not to matter. */
const STEP_BYTES = 16 * 1024 * 1024;
const SYNC_FILE_RANGE_WRITE = 2;
const SYNC_FILE_RANGE_WAIT_BEFORE_AND_AFTER = 1 | 4;
const POSIX_FADV_DONTNEED = 4;

/**
 * A file that is written from its beginning to its end, and not read again soon: what has been passed is
 * written to the disk at once, and then let go from memory, which is there for the next bytes then. (Memory that has
 * not been used before costs the kernel several times what copying into it does, the more so in a virtual machine.)
 */
export class PassedFile {
  readonly #fd: number;
  #begun = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * That many bytes are there now, and done with. May wait for the disk.
   * @throws EngineError when the disk fails, which the kernel tells only once: a later fdatasync(2) may succeed
   */
  passed(bytes: number): void {
    for (; bytes - this.#begun >= STEP_BYTES; this.#begun += STEP_BYTES) {
      const begin = this.#begun;
      this.#sync(begin, SYNC_FILE_RANGE_WRITE);
      // One step back, so that the disk need not be waited for.
      if (begin > 0) this.#letGo(begin - STEP_BYTES);
    }
  }

  #letGo(offset: number): void {
    this.#sync(offset, SYNC_FILE_RANGE_WAIT_BEFORE_AND_AFTER | SYNC_FILE_RANGE_WRITE);
    syscall('fadvise64', 'blob', this.#fd, offset, STEP_BYTES, POSIX_FADV_DONTNEED);
  }

  #sync(offset: number, flags: number): void {
    syscall('sync_file_range', 'blob', this.#fd, offset, STEP_BYTES, flags);
  }
}
