import { join } from 'node:path';
import { parseCachePolicy } from '../api/cache-policy.ts';
import { parseBinarySize } from '../base/parse-binary-size.ts';
import { prunedCache, usedCache } from '../builder/cache-usage.ts';
import { openBuilder } from '../builder/open-builder.ts';
import { pullBase } from '../daemon/build/pull-base.ts';
import { pushBuilt } from '../daemon/build/push-built.ts';
import { remoteContent } from '../daemon/build/remote-content.ts';
import { runBuildStep } from '../daemon/build/run-step.ts';
import type { Daemon } from '../daemon/container/daemon.ts';
import { download } from '../daemon/image/download.ts';
import { imageEvent, tagEvent } from '../daemon/image/images.ts';
import type { BuildBackend, SystemBackend } from '../api/backend.ts';
import type { BuildServices } from './build-services.ts';

export type OpenBuildBackend = {
  backend: BuildBackend;
  /** The build cache's part of `/system/df`. */
  withBuildCache(diskUsage: SystemBackend['diskUsage']): SystemBackend['diskUsage'];
  /** Cancels the builds that go on, and settles when nothing of them is left. */
  close(): Promise<void>;
};

/** @throws EngineError invalid-parameter */
function cacheLimitOf(text: string): number | undefined {
  return text === '' ? undefined : parseBinarySize(text);
}

/** The builder of an engine, with what it needs of the daemon. */
export async function openBuildBackend(daemon: Daemon): Promise<OpenBuildBackend> {
  const { graph, options, threads } = daemon;
  const builder = await openBuilder(join(options.dataRoot, 'builder'), {
    builds: graph.builds,
    content: graph.content,
    leases: graph.leases,
    cacheLimitBytes: cacheLimitOf(options.buildCacheLimit),
    minFreeBytes: cacheLimitOf(options.buildCacheMinFree) ?? 0,
    cachePolicies: options.buildCachePolicies.map(parseCachePolicy),
    resolve: (reference, platform) => graph.resolve(reference, platform),
    pull: (image, platform, request) => pullBase(daemon, image, { platform, ...request }),
    load: async (archive, platform) => {
      const [id = ''] = await graph.load(archive, () => undefined, platform);
      return graph.resolve(id, platform);
    },
    push: (reference, image, request) => pushBuilt(daemon, reference, image, request),
    remoteContent: (reference, request) => remoteContent(daemon, reference, request),
    runStep: step => runBuildStep(daemon, step),
    download,
    proxies: options.proxies,
    onBuilt: image => imageEvent(daemon, 'create', image),
    onTagged: (image, tag) => tagEvent(daemon, image, tag),
    threads,
  });
  let opened: Promise<BuildServices> | undefined;
  // Most daemons build nothing for most of their time: what only builds need is loaded with the first one.
  const services = () =>
    (opened ??= import('./build-services.ts').then(own => own.openBuildServices(builder)));
  return {
    backend: {
      imageBuild: async (request, build) => (await services()).imageBuild(request, build),
      buildkitServe: async connection => (await services()).buildkitServe(connection),
      buildkitSession: async (connection, session) => (await services()).buildkitSession(connection, session),
      buildPrune: wanted => prunedCache(builder, wanted),
    },
    withBuildCache: diskUsage => async parts => {
      const usage = await diskUsage(parts);
      return parts.has('build-cache') ? { ...usage, BuildCache: await usedCache(builder) } : usage;
    },
    async close() {
      await (await opened)?.close();
      await builder.close();
    },
  };
}
