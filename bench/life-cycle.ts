import type { Engine } from './engines.ts';

/** create + start + wait + remove. */
export async function lifeCycle({ api }: Engine, hostConfig: object = {}): Promise<void> {
  const body = { Image: 'busybox', Cmd: ['true'], HostConfig: hostConfig };
  const { Id: id } = (await api.call('POST', '/containers/create', body)) as { Id: string };
  await api.call('POST', `/containers/${id}/start`);
  await api.call('POST', `/containers/${id}/wait`);
  await api.call('DELETE', `/containers/${id}?force=1`);
}
