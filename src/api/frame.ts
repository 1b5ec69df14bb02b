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

const HEADER_BYTES = 8;

/** Takes frames apart that come in pieces. */
export class FrameReader {
  #received: Buffer = Buffer.alloc(0);

  /** The contents of the frames that are complete by now, of all streams, in order. */
  read(chunk: Uint8Array): Buffer {
    this.#received = Buffer.concat([this.#received, chunk]);
    const contents: Buffer[] = [];
    let at = 0;
    while (this.#received.length - at >= HEADER_BYTES) {
      const end = at + HEADER_BYTES + this.#received.readUInt32BE(at + 4);
      if (this.#received.length < end) break;
      contents.push(this.#received.subarray(at + HEADER_BYTES, end));
      at = end;
    }
    this.#received = this.#received.subarray(at);
    return Buffer.concat(contents);
  }
}
