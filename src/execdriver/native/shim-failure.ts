import { errnoName } from '../../kernel/libc.ffi.ts';
import type { FieldReader } from '../../libcontainer/field-reader.ts';
import { PARTIES } from '../../libcontainer/wire.ts';

/** A request that the shim could not carry out. */
export class ShimFailure extends Error {
  readonly party: (typeof PARTIES)[number];
  /** Which operation of the party's list failed; 0 for the shim itself. */
  readonly index: number;
  readonly errno: number;
  readonly detail: string;

  /** The errno's name, as Node's errors have it. */
  get code(): string {
    return errnoName(this.errno);
  }

  constructor(reader: FieldReader) {
    const party = PARTIES[reader.int()] ?? 'shim';
    const index = reader.int();
    const errno = reader.int();
    const detail = reader.string();
    super(`${party} operation ${index}: errno ${errno} ${detail}`);
    this.party = party;
    this.index = index;
    this.errno = errno;
    this.detail = detail;
  }
}
