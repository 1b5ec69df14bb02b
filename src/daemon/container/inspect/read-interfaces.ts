import { readFileSync } from 'node:fs';

/** The columns of /proc/PID/net/dev that Docker shows: received in the first eight, sent in the others. */
const COLUMNS = {
  rx_bytes: 0,
  rx_packets: 1,
  rx_errors: 2,
  rx_dropped: 3,
  tx_bytes: 8,
  tx_packets: 9,
  tx_errors: 10,
  tx_dropped: 11,
};

export type InterfaceCounters = Record<keyof typeof COLUMNS, number>;

/** Counters of the interfaces in a process's network namespace, without loopback (proc_pid_net(5)). */
export function readInterfaces(pid: number): Record<string, InterfaceCounters> {
  return parseInterfaces(readFileSync(`/proc/${pid}/net/dev`, 'utf8'));
}

export function parseInterfaces(text: string): Record<string, InterfaceCounters> {
  const lines = text.trimEnd().split('\n').slice(2);
  return Object.fromEntries(
    lines
      .map(line => line.split(':'))
      .map(([name = '', counters = '']): [string, number[]] => [
        name.trim(),
        counters.trim().split(/\s+/).map(Number),
      ])
      .filter(([name]) => name !== 'lo')
      .map(([name, counters]) => [name, countersOf(counters)]),
  );
}

function countersOf(columns: readonly number[]): InterfaceCounters {
  const entries = Object.entries(COLUMNS).map(([name, column]) => [name, columns[column] ?? 0]);
  return Object.fromEntries(entries) as InterfaceCounters;
}
