import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../../base/errors.ts';
import { NFNLGRP_NFTRACE } from '../../kernel/abi/nfnetlink.ts';
import { NETLINK_NETFILTER, NETLINK_ROUTE } from '../../kernel/abi/netlink.ts';
import { getLink, parseLink } from '../../kernel/netlink/link-messages.ts';
import { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';
import { parseTrace, type TracedPacket, type TraceEvent } from '../../kernel/netlink/trace-messages.ts';
import { listRules, type ChainOwner, type RuleListing } from '../nft/list-rules.ts';
import { markPackets } from './mark-packets.ts';
import type { Probe } from './probe.ts';
import { FLAGS } from './probe-frame.ts';

/** For an answer, once the packet has passed all rules. */
const ANSWER_MS = 1500;
const LOOK_MS = 20;
const TRANSLATES = /\b(dnat|DNAT|redirect|REDIRECT)\b/;
/** Where packets come by that the host sends or forwards. */
const PASSED_ON = new Set(['forward', 'postrouting']);

/** What a rule, or a chain’s policy, did with the packet. */
export type TraceStep = {
  owner: ChainOwner;
  /** Family, table and name. */
  chain: string;
  hook: string;
  /** As nft(8) writes it; `policy` for the chain's. */
  rule: string;
  verdict: string;
  /** As the chain got it, with the interfaces; '' where an earlier step has told it. */
  packet: string;
};

export type TraceResult = {
  steps: TraceStep[];
  outcome:
    | { kind: 'dropped'; by: TraceStep }
    | { kind: 'answered' | 'refused' | 'silent' | 'not-translated' | 'not-forwarded' | 'unseen' };
};

/**
 * Sends a probe, which it closes, and tells which rules of whom decide about it. Takes a second and a half at most, but
 * for what a slow machine adds; afterwards nothing of it is left.
 * @throws EngineError system without nft(8); SyscallError
 */
export async function traceProbe(probe: Probe): Promise<TraceResult> {
  await using undo = new AsyncDisposableStack();
  undo.defer(() => probe.close());
  const socket = undo.adopt(new NetlinkSocket(NETLINK_NETFILTER), opened => opened.close());
  const answer = `${probe.protocol} dport ${probe.sourcePort}`;
  const marks = undo.adopt(await markPackets([probe.match, answer]), made => made.close());
  const rules = await listRules();
  socket.subscribe(NFNLGRP_NFTRACE);
  probe.send();
  const trace = new Trace(probe, marks.table);
  for (let waited = 0; waited < ANSWER_MS && trace.isOpen; waited += LOOK_MS) {
    await delay(LOOK_MS);
    trace.add(received(socket));
  }
  return trace.describe(rules);
}

/** Of a busy host's traces some may be lost. */
function received(socket: NetlinkSocket): TraceEvent[] {
  try {
    return socket
      .received()
      .map(parseTrace)
      .filter(event => event !== undefined);
  } catch (error) {
    if (errorCode(error) === 'ENOBUFS') return [];
    throw error;
  }
}

/** What is known of a probe’s way so far. */
class Trace {
  readonly #probe: Probe;
  readonly #table: string;
  /** Of the probe: others have packets traced, too. */
  readonly #sent = new Set<number>();
  /** The chains of our own that have seen it: it is sent again where nothing is heard of it. */
  readonly #begun = new Set<string>();
  #isRepeated = false;
  readonly #events: TraceEvent[] = [];
  #heard: 'answer' | 'refusal' | '' = '';

  constructor(probe: Probe, table: string) {
    this.#probe = probe;
    this.#table = table;
  }

  add(events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (event.packet !== undefined) this.#recognize(event, event.packet);
      if (event.table !== this.#table && this.#sent.has(event.id) && !this.#isRepeated)
        this.#events.push(event);
    }
    this.#heard ||= this.#probe.heard();
  }

  #recognize({ id, table, chain }: TraceEvent, { sourcePort, destinationPort, flags }: TracedPacket): void {
    const { sourcePort: port } = this.#probe;
    if (sourcePort === port) this.#sent.add(id);
    if (table !== this.#table) return;
    if (destinationPort === port) this.#heard = (flags & FLAGS.rst) === 0 ? 'answer' : 'refusal';
    else if (sourcePort === port) {
      this.#isRepeated ||= this.#begun.has(chain);
      this.#begun.add(chain);
    }
  }

  /** Whether more may come. */
  get isOpen(): boolean {
    return this.#heard === '' && !this.#events.some(isDrop);
  }

  describe(rules: RuleListing): TraceResult {
    const names = new InterfaceNames();
    try {
      const steps = withPackets(this.#events).map(event => stepOf(event, rules, names));
      return { steps, outcome: this.#outcome(steps) };
    } finally {
      names.close();
    }
  }

  #outcome(steps: readonly TraceStep[]): TraceResult['outcome'] {
    const last = steps.at(-1);
    if (last?.verdict === 'drop') return { kind: 'dropped', by: last };
    if (this.#heard !== '') return { kind: this.#heard === 'answer' ? 'answered' : 'refused' };
    if (this.#begun.size === 0) return { kind: 'unseen' };
    if (!this.#probe.isRouted && !steps.some(({ rule }) => TRANSLATES.test(rule)))
      return { kind: 'not-translated' };
    return { kind: steps.some(({ hook }) => PASSED_ON.has(hook)) ? 'silent' : 'not-forwarded' };
  }
}

function isDrop({ verdict }: TraceEvent): boolean {
  return verdict === 'drop';
}

/** Without rules that count or log, and ends of chains, which decide nothing. What a chain got is told with its first event. */
function withPackets(events: readonly TraceEvent[]): TraceEvent[] {
  let untold: TraceEvent | undefined;
  return events.flatMap(event => {
    if (event.packet !== undefined) untold = event;
    if (event.kind === 'return' || event.verdict === 'continue') return [];
    const { packet, input, output } = untold ?? event;
    untold = undefined;
    return [{ ...event, packet, input, output }];
  });
}

function stepOf(event: TraceEvent, rules: RuleListing, names: InterfaceNames): TraceStep {
  const { family, table, chain, kind, handle, verdict, target, packet } = event;
  const name = `${family} ${table} ${chain}`;
  const listed = rules.get(name);
  return {
    owner: listed?.owner ?? 'nftables',
    chain: name,
    hook: listed?.hook ?? '',
    rule: kind === 'rule' ? (listed?.rules.get(handle ?? 0n) ?? `rule ${handle}`) : kind,
    verdict: target === '' ? verdict : `${verdict} ${target}`,
    packet: packet === undefined ? '' : describePacket(packet, names.of(event.input), names.of(event.output)),
  };
}

function describePacket(packet: TracedPacket, input: string, output: string): string {
  const ways = [...(input === '' ? [] : [`from ${input}`]), ...(output === '' ? [] : [`to ${output}`])];
  const { from, sourcePort, to, destinationPort } = packet;
  return [`${place(from, sourcePort)} > ${place(to, destinationPort)}`, ...ways].join(' ');
}

function place(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

class InterfaceNames {
  readonly #host = new NetlinkSocket(NETLINK_ROUTE);

  of(index: number): string {
    if (index === 0) return '';
    try {
      const [reply] = this.#host.request([getLink({ index })]);
      return reply === undefined ? String(index) : parseLink(reply).name;
    } catch {
      return String(index);
    }
  }

  close(): void {
    this.#host.close();
  }
}
