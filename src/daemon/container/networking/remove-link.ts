import { captures } from '../../../base/captures.ts';
import type { Daemon } from '../daemon.ts';
import { conflict } from '../../model/errors.ts';
import { removeLinkedHosts } from './host-files.ts';
import { linksTo } from './links.ts';

/**
 * `docker rm --link web/db`: `web` no longer knows the other container by that name.
 * @throws EngineError not-found, conflict, in Docker's words
 */
export function removeLink(daemon: Daemon, reference: string): void {
  const { containers, store } = daemon;
  const target = containers.find(reference);
  const [, linkingName, alias] = captures(/^\/?(.+)\/(.+)$/, reference);
  if (linkingName === undefined)
    throw conflict('Conflict, cannot remove the default link name of the container');
  const linking = containers.find(linkingName);
  const gone = linksTo(target, linking).filter(link => link.alias === alias);
  const { record } = linking;
  linking.record = { ...record, links: record.links.filter(link => link.alias !== alias) };
  store.saveRecord(linking.record);
  if (linking.isRunning) removeLinkedHosts(daemon, linking, gone);
}
