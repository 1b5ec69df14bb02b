/** A container whose answers others wait for, and one that shall only use what is left over. */
export type QualityOfService = 'none' | 'latency-sensitive' | 'best-effort';
