/** What decides by which of its networks a container's default route goes. */
export type GatewayCandidate = {
  network: string;
  /** `gw-priority` of the endpoint. */
  priority: number;
  internal: boolean;
  /** Whether it has IPv4 and IPv6. */
  isDualStack: boolean;
};

/**
 * The candidates, the best first: by priority, then those with both IP versions, then by name, as in Docker. A network
 * that leads nowhere is none. The order depends on nothing else, so that it is the same after every start.
 */
export function orderGateways<C extends GatewayCandidate>(candidates: readonly C[]): C[] {
  return candidates
    .filter(({ internal }) => !internal)
    .sort(
      (a, b) =>
        b.priority - a.priority ||
        Number(b.isDualStack) - Number(a.isDualStack) ||
        (a.network < b.network ? -1 : 1),
    );
}
