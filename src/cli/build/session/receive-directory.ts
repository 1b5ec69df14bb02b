import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { EngineError } from '../../../base/errors.ts';
import { GO_TYPE, permissionsOf } from '../../../buildkit/file-mode.ts';
import type { Call } from '../../../buildkit/grpc.ts';
import { PACKET } from '../../../buildkit/messages.ts';
import type { MessageOf } from '../../../buildkit/protobuf.ts';

type Packet = MessageOf<typeof PACKET>;
type Stat = NonNullable<Packet['stat']>;

const [STAT, REQUEST, DATA, FINISH, FAILURE] = [0, 1, 2, 3, 4];

/**
 * Takes what a build has come to into a directory (fsutil's protocol, as its receiver). Files that are there are replaced,
 * directories are kept. Devices and pipes, which not everybody may make, are left out.
 * @throws EngineError invalid-parameter for a name that leads out of the directory, also through a link
 */
export async function receiveDirectory(call: Call, directory: string): Promise<void> {
  fs.mkdirSync(directory, { recursive: true });
  const receiver = new Receiver(call, directory);
  try {
    for await (const data of call.requests) {
      const packet = PACKET.decode(data);
      if (packet.type === FAILURE)
        throw new EngineError('system', `error from sender: ${Buffer.from(packet.data).toString()}`);
      if (packet.type === STAT) await receiver.stat(packet.stat);
      else if (packet.type === DATA) await receiver.data(packet);
      else if (packet.type === FINISH) return receiver.finish();
    }
  } finally {
    receiver.discard();
  }
  throw new EngineError('cancelled', 'the daemon ended before all files were sent');
}

type Arriving = { stat: Stat; fd: number; temporary: string };

class Receiver {
  readonly #call: Call;
  readonly #directory: string;
  readonly #arriving = new Map<number, Arriving>();
  readonly #links: Stat[] = [];
  readonly #directories: Stat[] = [];
  /** Those that are known to be directories, and no links. */
  readonly #known = new Set<string>(['', '.']);
  #next = 0;
  #isListed = false;
  #isFinished = false;

  constructor(call: Call, directory: string) {
    this.#call = call;
    this.#directory = directory;
  }

  async stat(stat: Stat | undefined): Promise<void> {
    if (stat === undefined) {
      this.#isListed = true;
      return this.#endWhenComplete();
    }
    const id = this.#next++;
    const { path = '', mode = 0, linkName = '' } = stat;
    this.#checkPath(path);
    if (mode >= GO_TYPE.directory) this.#makeDirectory(stat);
    else if ((mode & GO_TYPE.link) !== 0)
      this.#replace(path, temporary => fs.symlinkSync(linkName, temporary));
    else if ((mode & (GO_TYPE.device | GO_TYPE.pipe | GO_TYPE.socket)) !== 0) return;
    else if (linkName !== '') this.#links.push(stat);
    else {
      const temporary = this.#place(`${path}.${process.pid}.tmp`);
      this.#arriving.set(id, { stat, temporary, fd: fs.openSync(temporary, 'wx', 0o600) });
      await this.#call.send(PACKET.encode({ type: REQUEST, id }));
    }
  }

  async data({ id, data }: Packet): Promise<void> {
    const file = this.#arriving.get(id);
    if (file === undefined) throw new EngineError('invalid-parameter', `data of an unknown file: ${id}`);
    for (let done = 0; done < data.length; ) done += fs.writeSync(file.fd, data, done);
    if (data.length > 0) return;
    this.#arriving.delete(id);
    const { path = '', mode = 0, modifiedNs = 0n } = file.stat;
    fs.fchmodSync(file.fd, permissionsOf(mode));
    fs.futimesSync(file.fd, Number(modifiedNs) / 1e9, Number(modifiedNs) / 1e9);
    fs.closeSync(file.fd);
    fs.renameSync(file.temporary, this.#place(path));
    await this.#endWhenComplete();
  }

  finish(): void {
    // The deepest first: what is written into a directory changes its time.
    for (const { path = '', mode = 0, modifiedNs = 0n } of this.#directories.toReversed()) {
      const place = this.#place(path);
      fs.chmodSync(place, permissionsOf(mode));
      fs.utimesSync(place, Number(modifiedNs) / 1e9, Number(modifiedNs) / 1e9);
    }
  }

  /** Removes files that have not arrived whole. */
  discard(): void {
    for (const { fd, temporary } of this.#arriving.values()) {
      fs.closeSync(fd);
      fs.rmSync(temporary, { force: true });
    }
    this.#arriving.clear();
  }

  async #endWhenComplete(): Promise<void> {
    if (!this.#isListed || this.#arriving.size > 0 || this.#isFinished) return;
    this.#isFinished = true;
    for (const { path = '', linkName = '' } of this.#links) {
      this.#checkPath(linkName);
      this.#replace(path, temporary => fs.linkSync(this.#place(linkName), temporary));
    }
    await this.#call.send(PACKET.encode({ type: FINISH }));
  }

  #place(path: string): string {
    return join(this.#directory, path);
  }

  /** Nothing is written through a link, whether it was there or is the build's own. */
  #checkPath(path: string): void {
    if (path === '' || path.split('/').some(part => ['', '.', '..'].includes(part)))
      throw new EngineError('invalid-parameter', `invalid name of a file: ${JSON.stringify(path)}`);
    const parent = dirname(path);
    if (this.#known.has(parent)) return;
    const isDirectory = fs.lstatSync(this.#place(parent), { throwIfNoEntry: false })?.isDirectory() === true;
    if (!isDirectory) throw new EngineError('invalid-parameter', `${parent} is no directory`);
    this.#checkPath(parent);
    this.#known.add(parent);
  }

  #makeDirectory(stat: Stat): void {
    const { path = '' } = stat;
    const place = this.#place(path);
    const found = fs.lstatSync(place, { throwIfNoEntry: false });
    if (found !== undefined && !found.isDirectory()) fs.rmSync(place);
    if (!found?.isDirectory()) fs.mkdirSync(place, 0o700);
    this.#directories.push(stat);
  }

  /** Makes something under another name, and puts it in the place of what is there. */
  #replace(path: string, make: (temporary: string) => void): void {
    const temporary = this.#place(`${path}.${process.pid}.tmp`);
    make(temporary);
    fs.renameSync(temporary, this.#place(path));
    // Two links of one file: nothing has been renamed.
    fs.rmSync(temporary, { force: true });
  }
}
