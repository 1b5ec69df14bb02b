import { FieldWriter } from '../../libcontainer/field-writer.ts';
import { HEADER_BYTES } from '../../libcontainer/wire.ts';

/** A frame for the shim (docs/PLAN.md, "On the wire"). */
export function encodeMessage(type: number, tag: number, write: (writer: FieldWriter) => void): Buffer {
  const writer = new FieldWriter();
  write(writer);
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32LE(writer.bytes.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(tag, 6);
  return Buffer.concat([header, writer.bytes]);
}
