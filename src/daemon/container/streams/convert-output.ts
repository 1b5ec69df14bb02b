import { frame, FrameReader, STDOUT } from '../../../api/frame.ts';

/** From what a process writes, framed unless it has a terminal, to what its client wants; undefined where that is the same. */
export function outputConverter(form: {
  terminal: boolean;
  raw: boolean;
}): ((output: Buffer) => Buffer) | undefined {
  if (form.terminal === form.raw) return undefined;
  if (form.terminal) return output => frame(STDOUT, output);
  const frames = new FrameReader();
  return output => frames.read(output);
}
