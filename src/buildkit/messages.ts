/** Messages of BuildKit's services, as far as they are needed (api/services/control, frontend/gateway/pb, session). */
import { bytes, exactInteger, flag, integer, list, map, message, nested, text, time } from './protobuf.ts';

const PLATFORM = message({ architecture: [1, text], os: [2, text], variant: [3, text] });
const VERSION = message({ package: [1, text], version: [2, text], revision: [3, text] });
const WORKER = message({
  id: [1, text],
  labels: [2, map(text)],
  platforms: [3, list(nested(PLATFORM))],
  version: [5, nested(VERSION)],
});
export const INFO = message({ version: [1, nested(VERSION)] });
export const WORKERS = message({ record: [1, list(nested(WORKER))] });

const EXPORTER = message({ type: [1, text], attributes: [2, map(text)] });
const CACHE_ENTRY = message({ type: [1, text], attributes: [2, map(text)] });
const CACHE_OPTIONS = message({
  exports: [4, list(nested(CACHE_ENTRY))],
  imports: [5, list(nested(CACHE_ENTRY))],
});

export const SOLVE_REQUEST = message({
  ref: [1, text],
  definition: [2, bytes],
  oldExporter: [3, text],
  oldExporterAttributes: [4, map(text)],
  session: [5, text],
  frontend: [6, text],
  frontendAttributes: [7, map(text)],
  cache: [8, nested(CACHE_OPTIONS)],
  entitlements: [9, list(text)],
  /** Something that the client asks for itself: no build that anybody wants to hear of. */
  internal: [11, flag],
  exporters: [13, list(nested(EXPORTER))],
});
export const SOLVE_RESPONSE = message({ exporterResponse: [1, map(text)] });

/**
 * Our own: an attribute of a build that is to tell what it does, and the id of the statuses by which it does so, whose
 * names are JSON.
 */
export const EXPLAIN = 'slipway.explain';

export const STATUS_REQUEST = message({ ref: [1, text] });
const VERTEX = message({
  digest: [1, text],
  inputs: [2, list(text)],
  name: [3, text],
  cached: [4, flag],
  started: [5, time],
  completed: [6, time],
  error: [7, text],
});
const VERTEX_STATUS = message({
  id: [1, text],
  vertex: [2, text],
  name: [3, text],
  current: [4, integer],
  total: [5, integer],
  timestamp: [6, time],
  started: [7, time],
  completed: [8, time],
});
const VERTEX_LOG = message({
  vertex: [1, text],
  timestamp: [2, time],
  stream: [3, integer],
  data: [4, bytes],
});
const POSITION = message({ line: [1, integer], character: [2, integer] });
const RANGE = message({ start: [1, nested(POSITION)], end: [2, nested(POSITION)] });
const SOURCE_INFO = message({ filename: [1, text], data: [2, bytes], language: [4, text] });
const VERTEX_WARNING = message({
  vertex: [1, text],
  level: [2, integer],
  short: [3, bytes],
  detail: [4, list(bytes)],
  url: [5, text],
  info: [6, nested(SOURCE_INFO)],
  ranges: [7, list(nested(RANGE))],
});
export const STATUS_RESPONSE = message({
  vertexes: [1, list(nested(VERTEX))],
  statuses: [2, list(nested(VERTEX_STATUS))],
  logs: [3, list(nested(VERTEX_LOG))],
  warnings: [4, list(nested(VERTEX_WARNING))],
});

export const USAGE_RECORD = message({
  id: [1, text],
  mutable: [2, flag],
  inUse: [3, flag],
  sizeBytes: [4, integer],
  createdAt: [6, time],
  lastUsedAt: [7, time],
  usageCount: [8, integer],
  description: [9, text],
  recordType: [10, text],
  shared: [11, flag],
});
export const DISK_USAGE_RESPONSE = message({ record: [1, list(nested(USAGE_RECORD))] });
export const DISK_USAGE_REQUEST = message({ filter: [1, list(text)] });

export const PRUNE_REQUEST = message({
  filter: [1, list(text)],
  all: [2, flag],
  keepDurationNs: [3, integer],
  reservedSpace: [4, integer],
  maxUsedSpace: [5, integer],
  minFreeSpace: [6, integer],
});

export const NOTHING = message({});

const CAPABILITY = message({ id: [1, text], enabled: [2, flag] });
export const PONG = message({
  frontendCapabilities: [1, list(nested(CAPABILITY))],
  llbCapabilities: [2, list(nested(CAPABILITY))],
  workers: [3, list(nested(WORKER))],
});

/** A graph of operations (solver/pb/ops.proto): each is encoded, the last one names the result. */
export const DEFINITION = message({ operations: [1, list(bytes)], metadata: [2, map(nested(message({})))] });
const INPUT = message({ digest: [1, text], index: [2, integer] });
const SOURCE_OPERATION = message({ identifier: [1, text], attributes: [2, map(text)] });
export const OPERATION = message({ inputs: [1, list(nested(INPUT))], source: [3, nested(SOURCE_OPERATION)] });

const REF = message({ id: [1, text], definition: [2, nested(DEFINITION)] });
const RESULT = message({
  oldRef: [1, text],
  ref: [3, nested(REF)],
  metadata: [10, map(bytes)],
});
export const BRIDGE_SOLVE_REQUEST = message({
  definition: [1, bytes],
  frontend: [2, text],
  options: [3, map(text)],
  allowResultReturn: [5, flag],
  allowResultArrayRef: [6, flag],
  final: [10, flag],
  cacheImports: [12, list(nested(CACHE_ENTRY))],
  inputs: [13, map(nested(DEFINITION))],
  evaluate: [14, flag],
});
export const BRIDGE_SOLVE_RESPONSE = message({ ref: [1, text], result: [3, nested(RESULT)] });

const ANY = message({ typeUrl: [1, text], value: [2, bytes] });
export const RPC_STATUS = message({
  code: [1, integer],
  message: [2, text],
  details: [3, list(nested(ANY))],
});
export const RETURN_REQUEST = message({ result: [1, nested(RESULT)], error: [2, nested(RPC_STATUS)] });

/** fsutil's Packet: STAT 0, REQ 1, DATA 2, FIN 3, ERR 4. */
const STAT = message({
  path: [1, text],
  mode: [2, integer],
  uid: [3, integer],
  gid: [4, integer],
  size: [5, integer],
  modifiedNs: [6, exactInteger],
  linkName: [7, text],
  deviceMajor: [8, integer],
  deviceMinor: [9, integer],
  xattrs: [10, map(bytes)],
});
export const PACKET = message({
  type: [1, integer],
  stat: [2, nested(STAT)],
  id: [3, integer],
  data: [4, bytes],
});

/** A piece of a file that is exported. */
export const BYTES = message({ data: [1, bytes] });

/** containerd's content service, which a client has for its own image layouts. */
export const READ_CONTENT_REQUEST = message({ digest: [1, text], offset: [2, integer], size: [3, integer] });
export const READ_CONTENT_RESPONSE = message({ offset: [1, integer], data: [2, bytes] });

export const WRITE_CONTENT_REQUEST = message({
  action: [1, integer],
  ref: [2, text],
  total: [3, integer],
  expected: [4, text],
  offset: [5, integer],
  data: [6, bytes],
});
export const WRITE_CONTENT_RESPONSE = message({
  action: [1, integer],
  offset: [4, integer],
  total: [5, integer],
  digest: [6, text],
});

export const CHECK_AGENT_REQUEST = message({ id: [1, text] });

export const GET_SECRET_REQUEST = message({ id: [1, text] });
export const GET_SECRET_RESPONSE = message({ data: [1, bytes] });
export const CREDENTIALS_REQUEST = message({ host: [1, text] });
export const CREDENTIALS_RESPONSE = message({ username: [1, text], secret: [2, text] });
export const HEALTH_RESPONSE = message({ status: [1, integer] });

/** The history of builds. */
const DESCRIPTOR = message({
  mediaType: [1, text],
  digest: [2, text],
  size: [3, integer],
  annotations: [5, map(text)],
});
const BUILD_RESULT = message({ attestations: [2, list(nested(DESCRIPTOR))] });
export const BUILD_RECORD = message({
  ref: [1, text],
  frontend: [2, text],
  frontendAttributes: [3, map(text)],
  exporters: [4, list(nested(EXPORTER))],
  error: [5, nested(RPC_STATUS)],
  createdAt: [6, time],
  completedAt: [7, time],
  exporterResponse: [9, map(text)],
  result: [10, nested(BUILD_RESULT)],
  pinned: [14, flag],
  numCachedSteps: [15, integer],
  numTotalSteps: [16, integer],
  numCompletedSteps: [17, integer],
  numWarnings: [19, integer],
});
export const HISTORY_REQUEST = message({
  activeOnly: [1, flag],
  ref: [2, text],
  earlyExit: [3, flag],
  limit: [5, integer],
});
export const HISTORY_EVENT = message({ type: [1, integer], record: [2, nested(BUILD_RECORD)] });
export const UPDATE_HISTORY_REQUEST = message({
  ref: [1, text],
  pinned: [2, flag],
  isDelete: [3, flag],
  finalize: [4, flag],
});
const CONTENT_INFO = message({ digest: [1, text], size: [2, integer] });
export const CONTENT_INFO_REQUEST = message({ digest: [1, text] });
export const CONTENT_INFO_RESPONSE = message({ info: [1, nested(CONTENT_INFO)] });

/** What a build has said, as it is kept here. */
export const BUILD_LOG = message({ statuses: [1, list(nested(STATUS_RESPONSE))] });
