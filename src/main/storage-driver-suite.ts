/** For those who write storage drivers: what each must do, as tests (docs/STORAGE-DRIVERS.md). */
export type {
  ContainerFileSystem,
  GraphDriver,
  OpenDriver,
  StagedLayer,
  StorageDriver,
} from '../graph/graphdriver/graph-driver.ts';
export { graphDriverSuite, type SuiteOptions } from '../graph/graphdriver/suite.ts';
