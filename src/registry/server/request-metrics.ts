import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expose, type MetricFamily } from '../../base/exposition.ts';

const NS_PER_SECOND = 1e9;

/** What the registry has done since it began, for Prometheus. */
export class RequestMetrics {
  readonly #requests = new Map<string, number>();
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });
  #seconds = 0;
  #sentBytes = 0;
  #receivedBytes = 0;

  constructor() {
    this.#delay.enable();
  }

  count(
    method: string,
    status: number,
    { seconds, sentBytes, receivedBytes }: { seconds: number; sentBytes: number; receivedBytes: number },
  ): void {
    const key = `${method} ${status}`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
    this.#seconds += seconds;
    this.#sentBytes += sentBytes;
    this.#receivedBytes += receivedBytes;
  }

  /** In Prometheus' text format. */
  expose(gauges: Readonly<Record<string, number>>): string {
    const requests = [...this.#requests].map(([key, count]) => {
      const [method = '', code = ''] = key.split(' ');
      return [{ method, code }, count] as const;
    });
    const delay = this.#delay.percentile(99) / NS_PER_SECOND;
    this.#delay.reset();
    const families: MetricFamily[] = [
      family('http_requests_total', 'counter', 'Requests that were answered', requests),
      family('http_request_seconds_total', 'counter', 'Time that answers have taken', [[{}, this.#seconds]]),
      family('sent_bytes_total', 'counter', 'Bytes of answers', [[{}, this.#sentBytes]]),
      family('received_bytes_total', 'counter', 'Bytes of requests', [[{}, this.#receivedBytes]]),
      family('event_loop_delay_seconds', 'gauge', 'How late the main thread was, at most, 99 of 100 times', [
        [{}, delay],
      ]),
      family('resident_memory_bytes', 'gauge', 'Memory of the process', [[{}, process.memoryUsage.rss()]]),
      ...Object.entries(gauges).map(([name, value]) =>
        family(name, 'gauge', name.replaceAll('_', ' '), [[{}, value]]),
      ),
    ];
    return families.map(expose).join('');
  }

  close(): void {
    this.#delay.disable();
  }
}

function family(
  name: string,
  type: MetricFamily['type'],
  help: string,
  samples: MetricFamily['samples'],
): MetricFamily {
  return { name: `slipway_registry_${name}`, type, help, samples };
}
