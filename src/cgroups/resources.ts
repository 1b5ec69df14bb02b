/** What the runtime spec calls resources (config-linux.md, "Control groups"). */

import type { Int64 } from '../base/int64.ts';

export type DeviceRule = {
  allow: boolean;
  /** `a` (or absent) means every type. */
  type?: 'a' | 'c' | 'b';
  major?: number;
  minor?: number;
  /** Any of `rwm`; absent means all three. */
  access?: string;
};

export type Resources = {
  devices?: DeviceRule[];
  memory?: {
    limit?: Int64;
    reservation?: Int64;
    swap?: Int64;
    kernel?: Int64;
    kernelTCP?: Int64;
    swappiness?: number;
    disableOOMKiller?: boolean;
    useHierarchy?: boolean;
    checkBeforeUpdate?: boolean;
  };
  cpu?: {
    shares?: Int64;
    quota?: Int64;
    burst?: Int64;
    period?: Int64;
    realtimeRuntime?: Int64;
    realtimePeriod?: Int64;
    cpus?: string;
    mems?: string;
    idle?: number;
  };
  pids?: { limit: Int64 };
  blockIO?: {
    weight?: number;
    leafWeight?: number;
    weightDevice?: { major: number; minor: number; weight?: number; leafWeight?: number }[];
    throttleReadBpsDevice?: ThrottleDevice[];
    throttleWriteBpsDevice?: ThrottleDevice[];
    throttleReadIOPSDevice?: ThrottleDevice[];
    throttleWriteIOPSDevice?: ThrottleDevice[];
  };
  hugepageLimits?: { pageSize: string; limit: Int64 }[];
  network?: { classID?: number; priorities?: { name: string; priority: number }[] };
  rdma?: Record<string, { hcaHandles?: number; hcaObjects?: number }>;
  unified?: Record<string, string>;
};

export type ThrottleDevice = { major: number; minor: number; rate: Int64 };
