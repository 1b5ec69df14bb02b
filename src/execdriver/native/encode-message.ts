import { EngineError } from '../../base/errors.ts';
import { FieldWriter } from '../../libcontainer/field-writer.ts';
import { HEADER_BYTES, MAX_PAYLOAD_BYTES } from '../../libcontainer/wire.ts';

/**
 * A frame for the shim (docs/PLAN.md, "On the wire").
 * @throws EngineError invalid-parameter for what cannot be encoded
 */
export function encodeMessage(type: number, tag: number, write: (writer: FieldWriter) => void): Buffer {
  const writer = new FieldWriter();
  write(writer);
  if (writer.bytes.length > MAX_PAYLOAD_BYTES)
    throw new EngineError('invalid-parameter', 'argument list too long');
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32LE(writer.bytes.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(tag, 6);
  return Buffer.concat([header, writer.bytes]);
}
