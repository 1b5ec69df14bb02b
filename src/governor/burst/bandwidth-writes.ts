/** What of the CPU bandwidth of one cgroup is set. */
export type Bandwidth = { quotaUs: number; burstUs: number };

export type BandwidthWrite = {
  /** Whose: the container's cgroup, or the one that it is in. */
  of: 'container' | 'parent';
  what: 'quota' | 'burst';
  valueUs: number;
};

export type BandwidthChange = { before: Bandwidth; after: Bandwidth };

/**
 * The writes that lead from what is set to what shall be, in the order in which the kernel takes them: a child may have
 * no more than its parent (v1), so the parent goes up first and down last; a burst may be no more than its quota, so it
 * goes down before the quota and up after it.
 * @param changes.parent absent when it is not limited
 */
export function bandwidthWrites(changes: {
  container: BandwidthChange;
  parent?: BandwidthChange;
}): BandwidthWrite[] {
  const { container, parent } = changes;
  const own = writesOf('container', container);
  const above = parent === undefined ? [] : writesOf('parent', parent);
  const grows = container.after.quotaUs > container.before.quotaUs;
  return grows ? [...above, ...own] : [...own, ...above];
}

function writesOf(of: BandwidthWrite['of'], { before, after }: BandwidthChange): BandwidthWrite[] {
  const quota: BandwidthWrite[] =
    after.quotaUs === before.quotaUs ? [] : [{ of, what: 'quota', valueUs: after.quotaUs }];
  const burst: BandwidthWrite[] =
    after.burstUs === before.burstUs ? [] : [{ of, what: 'burst', valueUs: after.burstUs }];
  return after.burstUs < before.burstUs ? [...burst, ...quota] : [...quota, ...burst];
}
