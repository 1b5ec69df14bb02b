import { existsSync } from 'node:fs';
import { EngineError } from '../../../base/errors.ts';
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
/** The error's name when there is a unit of that name. */
export const UNIT_EXISTS = `${SYSTEMD}.UnitExists`;

/** Whether systemd is this machine's init (sd_booted(3)). */
export function systemdRuns(): boolean {
  return existsSync('/run/systemd/system');
}

/** systemd, of the machine or of a user, over D-Bus. The caller closes it. */
export class UnitManager {
  readonly #bus: Bus;

  /** @throws EngineError unavailable */
  static async connect(rootless: boolean): Promise<UnitManager> {
    const [path, broker] = address(rootless);
    const bus = await Bus.connect(path, broker);
    const manager = new UnitManager(bus);
    try {
      await manager.#call('Subscribe');
      if (broker)
        await bus.call({
          destination: 'org.freedesktop.DBus',
          path: '/org/freedesktop/DBus',
          interface: 'org.freedesktop.DBus',
          member: 'AddMatch',
          signature: 's',
          body: [`type='signal',interface='${MANAGER.interface}',member='JobRemoved'`],
        });
      return manager;
    } catch (error) {
      bus.close();
      throw error;
    }
  }

  private constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** Makes and starts a unit that goes when it ends. @throws BusError {@link UNIT_EXISTS}, EngineError system */
  async startTransient(unit: string, properties: readonly Property[]): Promise<void> {
    await this.#startJob(`start unit ${unit}`, 'StartTransientUnit', 'ssa(sv)a(sa(sv))', [
      unit,
      'replace',
      properties.map(([name, value]) => [name, value]),
      [],
    ]);
  }

  /** Stops a unit and forgets it, if it is there. @throws EngineError system */
  async stop(unit: string): Promise<void> {
    try {
      await this.#startJob(`stop unit ${unit}`, 'StopUnit', 'ss', [unit, 'replace']);
      await this.#call('ResetFailedUnit', 's', [unit]);
    } catch (error) {
      if (!(error instanceof BusError) || error.busName !== NO_SUCH_UNIT) throw error;
    }
  }

  /** Changes properties until the unit ends. @throws EngineError system */
  async setProperties(unit: string, properties: readonly Property[]): Promise<void> {
    const list = properties.map(([name, value]) => [name, value]);
    await this.#call('SetUnitProperties', 'sba(sv)', [unit, true, list]);
  }

  /** The cgroup that the manager itself is at the top of: `/` for the machine's. */
  async controlGroup(): Promise<string> {
    const [value] = await this.#bus.call({
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

  async #call(member: string, signature?: string, body: readonly Value[] = []): Promise<readonly Value[]> {
    return this.#bus.call({ ...MANAGER, member, signature, body });
  }

  /** Returns when the job is done. */
  async #startJob(what: string, member: string, signature: string, body: readonly Value[]): Promise<void> {
    const [job] = await this.#call(member, signature, body);
    const { body: ended } = await this.#bus.awaitSignal(
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
