import type { Container } from './container.ts';
import type { DaemonCore } from './core.ts';

/** Publishes an event of a container, with its image, name and labels among the attributes. */
export function containerEvent(
  { events }: Pick<DaemonCore, 'events'>,
  { record }: Container,
  action: string,
  attributes: Record<string, string> = {},
): void {
  const { id, name, imageReference: image, config } = record;
  const all = { ...attributes, image, name };
  events.publish({ Type: 'container', Action: action, id, attributes: all, labels: config.Labels });
}
