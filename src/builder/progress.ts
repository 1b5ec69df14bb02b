import type { LineRange } from '../dockerfile/dockerfile-error.ts';
import type { Operation } from './solver/operation-key.ts';

/** A step of a build, as people see it. */
export type Vertex = {
  /** Unique within a build, the same in every build of the same Dockerfile. */
  id: string;
  /** `[stage 2/5] RUN make`. */
  name: string;
  /** The instruction as it is written; '' for what is none. */
  instruction: string;
  /** Lines of the Dockerfile; undefined for what is not in it. */
  range: LineRange | undefined;
  /** Whether it is about files, and not about the image's configuration alone. */
  makesLayer: boolean;
  /** Place in the build, in the order of the Dockerfile. */
  index: number;
};

/** What was done for a step, and why. */
export type Explanation = Pick<Operation, 'kind' | 'key'> & {
  /** What went into it, in words. */
  inputs: readonly string[];
  /** Why it was not in the cache; '' where it was. */
  reason: string;
};

export type BuildEvent =
  | { kind: 'started'; vertex: Vertex; atMs: number }
  | { kind: 'output'; vertex: Vertex; stream: 'stdout' | 'stderr'; data: Buffer; atMs: number }
  /** `imageId` is what an image of everything up to here would be; '' where that is nothing. */
  | {
      kind: 'completed';
      vertex: Vertex;
      cached: boolean;
      imageId: string;
      atMs: number;
      explanation: Explanation | undefined;
    }
  | { kind: 'failed'; vertex: Vertex; message: string; atMs: number };

export type Report = (event: BuildEvent) => void;
