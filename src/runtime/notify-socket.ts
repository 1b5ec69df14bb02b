import type { Spec } from '../oci/runtime-spec.ts';

const INSIDE = '/run/notify/notify.sock';

/**
 * Started by a service manager that waits for word (sd_notify(3)), the container's process has the socket, under
 * the name that runc gives it. An abstract one, with `@`, is of another network namespace.
 */
export function withNotifySocket(spec: Spec, socket = process.env.NOTIFY_SOCKET): Spec {
  if (!spec.process || !socket?.startsWith('/')) return spec;
  const options = ['bind', 'nosuid', 'nodev', 'noexec'];
  return {
    ...spec,
    mounts: [...(spec.mounts ?? []), { destination: INSIDE, type: 'bind', source: socket, options }],
    process: { ...spec.process, env: [...(spec.process.env ?? []), `NOTIFY_SOCKET=${INSIDE}`] },
  };
}
