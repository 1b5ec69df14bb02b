import type { Backend } from '../../api/backend.ts';
import type { Router } from '../router.ts';
import { archiveRoutes } from './archive.ts';
import { buildRoutes } from './build.ts';
import { containerRoutes } from './containers.ts';
import { execRoutes } from './exec.ts';
import { imageRoutes } from './images.ts';
import { networkRoutes } from './networks.ts';
import { slipwayRoutes } from './slipway.ts';
import { swarmRoutes } from './swarm.ts';
import { registryRoutes } from './registry.ts';
import { systemRoutes } from './system.ts';
import { volumeRoutes } from './volumes.ts';

/** All the routes there are. */
export function routersOf(backend: Backend): Router[] {
  return [
    containerRoutes(backend),
    archiveRoutes(backend),
    execRoutes(backend),
    imageRoutes(backend),
    buildRoutes(backend),
    networkRoutes(backend),
    volumeRoutes(backend),
    registryRoutes(backend),
    systemRoutes(backend),
    swarmRoutes(),
    slipwayRoutes(backend),
  ];
}
