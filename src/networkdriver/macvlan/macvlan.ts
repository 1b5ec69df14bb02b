import { EngineError } from '../../base/errors.ts';
import {
  IFLA_MACVLAN_MODE,
  MACVLAN_MODE_BRIDGE,
  MACVLAN_MODE_PASSTHRU,
  MACVLAN_MODE_PRIVATE,
  MACVLAN_MODE_VEPA,
} from '../../kernel/abi/rtnetlink.ts';
import { u32 } from '../../kernel/netlink/message.ts';
import type { SublinkKind } from '../sublink/sublink-driver.ts';

const MODES: Readonly<Record<string, number>> = {
  bridge: MACVLAN_MODE_BRIDGE,
  private: MACVLAN_MODE_PRIVATE,
  vepa: MACVLAN_MODE_VEPA,
  passthru: MACVLAN_MODE_PASSTHRU,
};

/** Endpoints are stations of their own on the parent's segment. */
export const MACVLAN: SublinkKind = {
  type: 'macvlan',
  parentPrefix: 'dm-',
  hasOwnMac: true,
  read(options) {
    const mode = options['macvlan_mode'] || 'bridge';
    const number = Object.hasOwn(MODES, mode) ? MODES[mode] : undefined;
    if (number === undefined)
      throw new EngineError(
        'invalid-parameter',
        `requested macvlan mode '${mode}' is not valid, 'bridge' mode is the macvlan driver default`,
      );
    return { mode, data: [u32(IFLA_MACVLAN_MODE, number)], hasGateway: true };
  },
  /** In that mode there is one endpoint, which has the parent to itself. */
  refuseSharing(own, { id, parent, mode }) {
    if (own.mode === 'passthru' || mode === 'passthru')
      throw new EngineError(
        'forbidden',
        `macvlan network ${id} is already using parent interface ${parent} in mode ${mode}`,
      );
  },
};
