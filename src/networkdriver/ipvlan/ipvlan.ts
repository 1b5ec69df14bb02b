import { EngineError } from '../../base/errors.ts';
import {
  IFLA_IPVLAN_FLAGS,
  IFLA_IPVLAN_MODE,
  IPVLAN_F_PRIVATE,
  IPVLAN_F_VEPA,
  IPVLAN_MODE_L2,
  IPVLAN_MODE_L3,
  IPVLAN_MODE_L3S,
} from '../../kernel/abi/rtnetlink.ts';
import { u16 } from '../../kernel/netlink/message.ts';
import type { SublinkKind } from '../sublink/sublink-driver.ts';

const MODES: Readonly<Record<string, number>> = {
  l2: IPVLAN_MODE_L2,
  l3: IPVLAN_MODE_L3,
  l3s: IPVLAN_MODE_L3S,
};
const FLAGS: Readonly<Record<string, number>> = { bridge: 0, private: IPVLAN_F_PRIVATE, vepa: IPVLAN_F_VEPA };

/** Endpoints have the parent's hardware address, and addresses of their own. */
export const IPVLAN: SublinkKind = {
  type: 'ipvlan',
  parentPrefix: 'di-',
  hasOwnMac: false,
  read(options) {
    const mode = options['ipvlan_mode'] || 'l2';
    const flag = options['ipvlan_flag'] || 'bridge';
    const data = [
      u16(IFLA_IPVLAN_MODE, choice('mode', MODES, { value: mode, standard: 'l2' })),
      u16(IFLA_IPVLAN_FLAGS, choice('flag', FLAGS, { value: flag, standard: 'bridge' })),
    ];
    // Above layer 2 there is no segment, and no neighbour on it.
    return { mode, data, hasGateway: mode === 'l2' };
  },
  /** The mode is the parent's. */
  refuseSharing(_own, { id, parent }) {
    throw new EngineError('forbidden', `network ${id} is already using parent interface ${parent}`);
  },
};

function choice(
  what: string,
  choices: Readonly<Record<string, number>>,
  { value, standard }: { value: string; standard: string },
): number {
  const number = Object.hasOwn(choices, value) ? choices[value] : undefined;
  if (number !== undefined) return number;
  throw new EngineError(
    'invalid-parameter',
    `requested ipvlan ${what} '${value}' is not valid, '${standard}' ${what} is the ipvlan driver default`,
  );
}
