import type { ContainerFileSystem } from '../graphdriver/graph-driver.ts';
import { type FoundFile, isSameBelow, lookUpFile } from '../graphdriver/look-up-file.ts';

const MAXIMUM_ENTRIES = 256;
const MAXIMUM_BYTES = 256 * 1024;

type LayeredFiles = Pick<ContainerFileSystem, 'directories' | 'opaqueXattr'>;

/**
 * Reads files of containers' file systems. What it found in the layers of images it remembers: many containers
 * start from the same ones, and each start reads /etc/passwd.
 */
export class FileReader {
  readonly #found = new Map<string, FoundFile>();

  /** `imageKey` stands for the layers below the container's own. */
  read(fileSystem: LayeredFiles, imageKey: string, path: string): Buffer | undefined {
    const { directories, opaqueXattr } = fileSystem;
    const [own, ...lower] = directories;
    if (own === undefined || lower.length === 0) return lookUpFile(directories, path, opaqueXattr).content;
    const found = this.#lookUpInImage(`${imageKey}\0${path}`, () => lookUpFile(lower, path, opaqueXattr));
    return isSameBelow(own, found.steps, opaqueXattr)
      ? found.content
      : lookUpFile(directories, path, opaqueXattr).content;
  }

  #lookUpInImage(key: string, lookUp: () => FoundFile): FoundFile {
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const found = lookUp();
    if ((found.content?.length ?? 0) <= MAXIMUM_BYTES) {
      if (this.#found.size >= MAXIMUM_ENTRIES) this.#found.clear();
      this.#found.set(key, found);
    }
    return found;
  }
}
