/** How busy the machine's shared CPUs are. `unknown`: nothing has been measured yet. */
export type NodeState = 'idle' | 'cooling' | 'overload' | 'unknown';

/** From this share of the threshold on, no container gets more than it has. */
const COOLING_RATIO = 0.9;

/** In cores, averaged over the last while. */
export type NodeUsage = {
  cores: number;
  /** Cores in use on the whole machine, the system's own usage included. */
  used: number;
  /** Asked for by containers that have CPUs of their own (a cpuset), and used by them. */
  pinnedRequests: number;
  pinnedUsed: number;
  bestEffortUsed: number;
};

/** The state by the share of the pool (what pinned containers leave) that others than best-effort containers use. */
export function nodeState(usage: NodeUsage | undefined, thresholdPercent: number): NodeState {
  if (usage === undefined) return 'unknown';
  const ratio = poolShare(usage);
  const threshold = thresholdPercent / 100;
  if (ratio >= threshold) return 'overload';
  return ratio >= COOLING_RATIO * threshold ? 'cooling' : 'idle';
}

/** 1 where pinned containers leave nothing. */
export function poolShare(usage: NodeUsage): number {
  const total = usage.cores - usage.pinnedRequests;
  if (total <= 0) return 1;
  return (usage.used - usage.pinnedUsed - usage.bestEffortUsed) / total;
}
