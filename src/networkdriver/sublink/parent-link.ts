import { existsSync } from 'node:fs';
import { EngineError, errorCode } from '../../base/errors.ts';
import {
  addDummy,
  addLocalVethPair,
  addVlan,
  deleteLink,
  dumpLinks,
  getLink,
  type Link,
  parseLink,
  setAlias,
  setLinkUp,
} from '../../kernel/netlink/link-messages.ts';
import type { NetlinkMessage } from '../../kernel/netlink/message.ts';
import type { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';

/** IFNAMSIZ without its NUL. */
const MAX_NAME = 15;

/**
 * The interface that a network's endpoints share: one that the host has, a VLAN of one (`eth0.50`), or one that leads
 * nowhere. The latter two are made where they are missing, and have their maker as their alias.
 * @param options.isOwn whether it is one that leads nowhere
 * @throws EngineError invalid-parameter in Docker's words; conflict for a parent that is down; SyscallError
 */
export function ensureParent(
  host: NetlinkSocket,
  { name, isOwn, owner }: { name: string; isOwn: boolean; owner: string },
): Link {
  const existing = findLink(host, name);
  if (existing !== undefined) return existing;
  if (isOwn) makeOwnParent(host, name, owner);
  else makeVlan(host, name, owner);
  const made = findLink(host, name);
  if (made === undefined) throw new EngineError('system', `interface ${name} is gone`);
  return made;
}

/** Unless it was there before. Idempotent. @throws SyscallError */
export async function removeParent(
  host: NetlinkSocket,
  { name, owner }: { name: string; owner: string },
): Promise<void> {
  try {
    if (findLink(host, name)?.alias === owner) await host.requestAsync([deleteLink({ name })]);
  } catch (error) {
    if (errorCode(error) !== 'ENODEV') throw error;
  }
}

/** Those that bear the alias. */
export function parentsOf(host: NetlinkSocket, owner: string): Link[] {
  return host
    .dump(dumpLinks())
    .map(parseLink)
    .filter(({ alias }) => alias === owner);
}

function findLink(host: NetlinkSocket, name: string): Link | undefined {
  try {
    return host.request([getLink({ name })]).map(parseLink)[0];
  } catch (error) {
    if (errorCode(error) === 'ENODEV') return undefined;
    throw error;
  }
}

/** A kernel without such interfaces has pairs, whose other end does as well. */
function makeOwnParent(host: NetlinkSocket, name: string, owner: string): void {
  try {
    make(host, addDummy(name), { name, owner });
  } catch (error) {
    if (errorCode(error) !== 'EOPNOTSUPP') throw error;
    const peer = name.replace('-', '+');
    make(host, addLocalVethPair({ name, peer }), { name, owner });
    host.request([setLinkUp({ name: peer })]);
  }
}

function makeVlan(host: NetlinkSocket, name: string, owner: string): void {
  const { base, id } = parseVlanName(name);
  const parent = findLink(host, base);
  if (parent === undefined) throw invalid(`-o parent interface was not found on the host: ${base}`);
  try {
    make(host, addVlan({ name, parentIndex: parent.index, id }), { name, owner });
  } catch (error) {
    if (errorCode(error) === 'ENETDOWN')
      throw new EngineError('conflict', `the parent interface ${base} is down`, { cause: error });
    if (errorCode(error) === 'EOPNOTSUPP' && !existsSync('/proc/net/vlan'))
      throw new EngineError('system', 'this kernel has no VLANs (8021q)', { cause: error });
    throw error;
  }
}

/** The kernel works on all of a call's messages: a daemon that is killed leaves no interface without its owner's mark. */
function make(
  host: NetlinkSocket,
  message: NetlinkMessage,
  { name, owner }: { name: string; owner: string },
): void {
  try {
    host.request([message, setAlias({ name }, owner), setLinkUp({ name })]);
  } catch (error) {
    if (findLink(host, name)?.alias === owner) host.request([deleteLink({ name })]);
    throw error;
  }
}

function parseVlanName(name: string): { base: string; id: number } {
  const [, base = '', digits = ''] = /^(.+)\.(\d+)$/.exec(name) ?? [];
  if (base === '' || name.length > MAX_NAME)
    throw invalid(`invalid subinterface vlan name ${name}, example formatting is eth0.10`);
  const id = Number(digits);
  if (id < 1 || id > 4094) throw invalid(`vlan id must be between 1-4094, received: ${digits}`);
  return { base, id };
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}
