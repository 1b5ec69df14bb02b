import type { BuildBackend } from '../api/backend.ts';
import type { BuilderParts } from '../builder/builder-parts.ts';
import { ControlService, sourceDetails } from '../builder/buildkit/control.ts';
import { GrpcClient, serveGrpc } from '../buildkit/grpc.ts';
import { Sessions } from '../builder/buildkit/sessions.ts';
import { classicBuild } from '../builder/legacy/classic-build.ts';

export type BuildServices = Omit<BuildBackend, 'buildPrune'> & {
  /** Cancels the builds that go on, and settles when nothing of them is left. */
  close(): Promise<void>;
};

/** The ways in which builds come to a builder. */
export function openBuildServices(builder: BuilderParts): BuildServices {
  const sessions = new Sessions();
  const control = new ControlService(builder, sessions);
  const closing = new AbortController();
  const going = new Set<Promise<void>>();
  const goesOn = async (build: Promise<void>): Promise<void> => {
    going.add(build);
    await build.finally(() => going.delete(build));
  };
  return {
    imageBuild: (request, build) => {
      const signal = AbortSignal.any([build.signal, closing.signal]);
      return goesOn(classicBuild(builder, request, { ...build, signal }));
    },
    buildkitServe: connection => serveGrpc(connection, control.methods, sourceDetails),
    buildkitSession: (connection, { id, methods, sharedKey }) =>
      sessions.serve(id, { client: new GrpcClient(connection), methods: new Set(methods), sharedKey }),
    async close() {
      closing.abort(new DOMException('the engine is closing', 'AbortError'));
      await Promise.allSettled([control.close(), ...going]);
      sessions.close();
    },
  };
}
