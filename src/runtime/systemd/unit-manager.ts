import { existsSync } from 'node:fs';
import { EngineError } from '../../base/errors.ts';
import { Bus, BusError } from './bus.ts';
import { textOf, type Value, type Variant } from './wire.ts';

/** A unit's property: its name and value (org.freedesktop.systemd1(5)). */
export type Property = readonly [string, Variant];

const SYSTEMD = 'org.freedesktop.systemd1';
const MANAGER = {
  destination: SYSTEMD,
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
};
const NO_SUCH_UNIT = `${SYSTEMD}.NoSuchUnit`;

/** Whether systemd is this machine's init (sd_booted(3)). */
export function systemdRuns(): boolean {
  return existsSync('/run/systemd/system');
}

/** systemd, of the machine or of a user, over D-Bus. The caller closes it. */
export class UnitManager {
  readonly #bus: Bus;

  /** @throws EngineError unavailable */
  constructor(rootless: boolean) {
    const [path, broker] = address(rootless);
    this.#bus = new Bus(path, broker);
    this.#call('Subscribe');
    if (broker)
      this.#bus.call({
        destination: 'org.freedesktop.DBus',
        path: '/org/freedesktop/DBus',
        interface: 'org.freedesktop.DBus',
        member: 'AddMatch',
        signature: 's',
        body: [`type='signal',interface='${MANAGER.interface}',member='JobRemoved'`],
      });
  }

  /** Makes and starts a unit that goes when it ends. @throws EngineError conflict for a name in use, system */
  startTransient(unit: string, properties: readonly Property[]): void {
    this.#startJob(`start unit ${unit}`, 'StartTransientUnit', 'ssa(sv)a(sa(sv))', [
      unit,
      'replace',
      properties.map(([name, value]) => [name, value]),
      [],
    ]);
  }

  /** Stops a unit and forgets it, if it is there. @throws EngineError system */
  stop(unit: string): void {
    try {
      this.#startJob(`stop unit ${unit}`, 'StopUnit', 'ss', [unit, 'replace']);
      this.#call('ResetFailedUnit', 's', [unit]);
    } catch (error) {
      if (!(error instanceof BusError) || error.busName !== NO_SUCH_UNIT) throw error;
    }
  }

  /** Changes properties until the unit ends. @throws EngineError system */
  setProperties(unit: string, properties: readonly Property[]): void {
    const list = properties.map(([name, value]) => [name, value]);
    this.#call('SetUnitProperties', 'sba(sv)', [unit, true, list]);
  }

  /** The cgroup that the manager itself is at the top of: `/` for the machine's. */
  controlGroup(): string {
    const [value] = this.#bus.call({
      ...MANAGER,
      interface: 'org.freedesktop.DBus.Properties',
      member: 'Get',
      signature: 'ss',
      body: [MANAGER.interface, 'ControlGroup'],
    });
    return textOf((value as Variant).value) || '/';
  }

  close(): void {
    this.#bus.close();
  }

  #call(member: string, signature?: string, body: readonly Value[] = []): readonly Value[] {
    return this.#bus.call({ ...MANAGER, member, signature, body });
  }

  /** Returns when the job is done. */
  #startJob(what: string, member: string, signature: string, body: readonly Value[]): void {
    const [job] = this.#call(member, signature, body);
    const { body: ended } = this.#bus.awaitSignal(
      signal => signal.member === 'JobRemoved' && signal.body[1] === job,
    );
    const result = textOf(ended[3]);
    if (result !== 'done' && result !== 'skipped')
      throw new EngineError('system', `systemd: unable to ${what}: job result ${JSON.stringify(result)}`);
  }
}

/** The socket, and whether a broker listens there. systemd's own takes only its user and needs no broker to run. */
function address(rootless: boolean): [string, boolean] {
  const runtimeDirectory = rootless ? process.env.XDG_RUNTIME_DIR : '/run';
  const own = `${runtimeDirectory}/systemd/private`;
  if (existsSync(own)) return [own, false];
  const given = rootless ? process.env.DBUS_SESSION_BUS_ADDRESS : undefined;
  const path = /^unix:path=([^,;]+)/.exec(given ?? '')?.[1];
  return [path ?? (rootless ? `${runtimeDirectory}/bus` : '/run/dbus/system_bus_socket'), true];
}
