import { closeSync } from 'node:fs';

/** Calls `use` with a descriptor, and closes it whatever comes of that. */
export async function withDescriptor<T>(fd: number, use: (fd: number) => Promise<T>): Promise<T> {
  try {
    return await use(fd);
  } finally {
    closeSync(fd);
  }
}
