export const STDOUT = 1;
export const STDERR = 2;

/** One of Docker's frames: stream, three zeros, length (big endian), content (API: "Attach to a container"). */
export function frame(stream: number, content: Uint8Array): Buffer {
  const result = Buffer.allocUnsafe(8 + content.length);
  result.writeUInt32BE(stream << 24, 0);
  result.writeUInt32BE(content.length, 4);
  result.set(content, 8);
  return result;
}
