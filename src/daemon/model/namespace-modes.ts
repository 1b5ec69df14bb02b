/** Whose namespace a container has: another container's, by its id, or one by a kind of its own. */
type Shared = { kind: 'container'; id: string };

/**
 * A container's network. Of another container it is the id; the name that the request has used where no such container
 * was there yet. Of a user-defined network it is the name, or the id where the request has named it by that. `default`
 * is `bridge` here.
 */
export type NetworkMode = { kind: 'bridge' | 'host' | 'none' } | Shared | { kind: 'network'; name: string };

export type PidMode = { kind: 'private' | 'host' } | Shared;
/** `shareable` is private until another container joins it; `none` has no /dev/shm. */
export type IpcMode = { kind: 'none' | 'private' | 'shareable' | 'host' } | Shared;

const PREFIX = 'container:';

/** What `container:ID` means, or `own` for any other text. */
function sharedOr<Mode>(text: string, own: Mode): Shared | Mode {
  return text.startsWith(PREFIX) ? { kind: 'container', id: text.slice(PREFIX.length) } : own;
}

/** Takes any text, as networks are looked up when a container starts. */
export function parseNetworkMode(text: string): NetworkMode {
  switch (text) {
    case '':
    case 'default':
    case 'bridge':
      return { kind: 'bridge' };
    case 'host':
    case 'none':
      return { kind: text };
    default:
      return sharedOr(text, { kind: 'network', name: text });
  }
}

/** Takes a mode that has been checked: '', `host` or `container:ID`. */
export function parsePidMode(text: string): PidMode {
  return sharedOr(text, { kind: text === 'host' ? 'host' : 'private' });
}

/** Takes a mode that has been checked; '' is private. */
export function parseIpcMode(text: string): IpcMode {
  switch (text) {
    case 'none':
    case 'shareable':
    case 'host':
      return { kind: text };
    default:
      return sharedOr(text, { kind: 'private' });
  }
}

/** As the API has them. */
export function formatNetworkMode(mode: NetworkMode): string {
  return mode.kind === 'network' ? mode.name : formatMode(mode);
}

export function formatIpcMode(mode: IpcMode): string {
  return formatMode(mode);
}

export function formatPidMode(mode: PidMode): string {
  return mode.kind === 'private' ? '' : formatMode(mode);
}

function formatMode(mode: { kind: string } | Shared): string {
  return 'id' in mode ? `${PREFIX}${mode.id}` : mode.kind;
}

/** The name or id of the container whose namespace is shared; undefined for none. */
export function sharedContainer(mode: NetworkMode | PidMode | IpcMode): string | undefined {
  return mode.kind === 'container' ? mode.id : undefined;
}
