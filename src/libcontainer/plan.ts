/**
 * The plan: what libcontainer compiles a runtime spec into, and the shim executes. It is data only: three
 * lists of kernel operations, run by three parties (docs/PLAN.md).
 *
 * - `parent`: the shim itself. Its `clone` operation makes the child.
 * - `child`: the process that becomes the container's init (or an exec'd process); its last operation is
 *   `exec`.
 * - `cleanup`: the shim again, once the process has gone. Failures there are reported, and do not stop it.
 *
 * Parent and child meet at `barrier` operations: both wait there until the other has arrived. `release` and
 * `await-parent` are the half of that: only the child waits.
 */
export type Plan = {
  parent: ParentOperation[];
  child: ChildOperation[];
  cleanup: CleanupOperation[];
};

/** Makes the directory, and its missing parents. An existing directory is fine. */
export type MakeDirectory = { op: 'mkdir'; path: string; mode: number };

/** Writes `data` with one write(2) into an existing file. `optional`: a missing file (ENOENT) is fine. */
export type WriteFile = { op: 'write'; path: string; data: string; optional?: boolean };

/** As `write`, whatever comes of it. */
export type TryWrite = { op: 'try-write'; path: string; data: string };

/** Loads a BPF_PROG_TYPE_CGROUP_DEVICE program and attaches it to the cgroup v2 directory `path`. */
export type AttachDeviceProgram = { op: 'attach-device-program'; path: string; instructions: Uint8Array };

/** rmdir(2); retried for a short while on EBUSY; ENOENT is fine. */
export type RemoveDirectory = { op: 'rmdir'; path: string };

/** Kills what is left in a cgroup (v2 `cgroup.kill`, else every pid of `cgroup.procs`) until it is empty. */
export type KillCgroup = { op: 'kill-cgroup'; path: string };

/** Meets the other party. */
export type Barrier = { op: 'barrier' };

/** The parent lets the child pass its next `await-parent`, and goes on at once. */
export type Release = { op: 'release' };

/** The child waits for the parent's `release`, which may have been there before. */
export type AwaitParent = { op: 'await-parent' };

/**
 * clone3(2): makes the child in new namespaces (`flags`: CLONE_NEW* bits), in the cgroup v2 directory
 * `cgroup` where one is given.
 */
export type Clone = { op: 'clone'; flags: number; cgroup?: string };

/**
 * As `clone`, from a process in between that joins namespaces first (setns(2), in order): from a user namespace
 * the shim could not come back. Each of `joins` is the sum of CLONE_NEW* types, a space, and a path (or `fd:N`,
 * or `init` for the container's init). With a mount namespace among them, its root is the child's from then on.
 */
export type CloneInside = { op: 'clone-inside'; flags: number; cgroup?: string; joins: string[] };

/** Writes the child's pid into a file, where the child may not put itself (cgroups of a user namespace). */
export type JoinChild = { op: 'join-child'; path: string };

/**
 * Whose ids a mount shows: by maps (lines as in user_namespaces(7)), by those of the user namespace at a path, or,
 * all empty, as they are.
 */
export type MountIds = { uidMap: string; gidMap: string; userNamespace: string; mapRecursive: boolean };

/**
 * open_tree(2) with the shim's rights: mounts of a host path for the child, which finds the N-th of them as
 * the bind source `tree:N`. `locked`: what protects the host's mounts, read-only, nosuid and so on, cannot be taken
 * off them (mount_namespaces(7)).
 */
export type OpenTree = MountIds & { op: 'open-tree'; source: string; recursive: boolean; locked: boolean };

/** Maps the ids of the child's next bind source `mapped:/path`, with the shim's rights. */
export type MapMount = MountIds & { op: 'map-mount' };

/** Runs newuidmap(1) or newgidmap(1) for the child: `maps` are its arguments after the pid. */
export type MapIds = { op: 'map-ids'; tool: string; maps: string[] };

/** Writes `data` into /proc/<child>/`file` (uid_map, gid_map, setgroups, oom_score_adj, timens_offsets). */
export type WriteChildProc = { op: 'write-child-proc'; file: string; data: string };

/** prlimit64(2) of the child on itself. Values are 2^64-1 for RLIM_INFINITY, hence bigint. */
export type SetResourceLimit = { op: 'rlimit'; resource: number; soft: bigint; hard: bigint };

/**
 * Raises the child's hard limit to that of a later `rlimit`, which takes rights that it does not have in a user namespace.
 * One that is as high already is left.
 */
export type RaiseResourceLimit = { op: 'raise-limit'; resource: number; hard: bigint };

/** Runs a hook: JSON `state` on its standard input ("$PID" in it is replaced by the child's pid). */
export type RunHook = {
  op: 'hook';
  /** Which list of the spec it is from, and its place there: for people, not for the shim. */
  moment?: string;
  index?: number;
  path: string;
  args: string[];
  env: string[];
  state: string;
  /** 0: no limit. */
  timeoutMs: number;
  /** Whether what `home` has found is added to the environment. */
  addsHome: boolean;
};

/** Joins a namespace: setns(2) with the given CLONE_NEW* type. `fd:N` is a descriptor that the shim was given. */
export type JoinNamespace = { op: 'setns'; path: string; type: number };

/** setns(2) with the pidfd of the container's init, all the types of `flags` at once (Linux 5.8); see `fork`. */
export type JoinInit = { op: 'setns-init'; flags: number };

export type Unshare = { op: 'unshare'; flags: number };

/** mount(2) with only propagation flags. */
export type SetPropagation = { op: 'propagation'; path: string; flags: number };

/** Makes the mount that the host directory `path` lies in private, as pivot_root(2) needs it. */
export type PrivateParent = { op: 'private-parent'; path: string };

/**
 * Mounts the overlay that is the container's root onto the host directory `target`, and makes it the root
 * directory for all later operations. Layers are host paths, topmost first.
 */
export type MountOverlayRoot = {
  op: 'overlay-root';
  target: string;
  lowerdirs: string[];
  upperdir: string;
  workdir: string;
  /** MOUNT_ATTR_* of mount_setattr(2). */
  attributes: number;
  options: string[];
};

/**
 * As `overlay-root`, with a (recursive) bind of the directory `source` onto itself, with `tree:N` from `open-tree`,
 * or with a detached mount, `fd:N`, that the shim was given.
 */
export type BindRoot = { op: 'bind-root'; source: string };

/**
 * A new mount of a file system: fsopen, fsconfig for each option, fsmount, move_mount to `target`, which is a
 * path inside the container's root, resolved there without following a link out of it, and made when missing.
 */
export type MountFileSystem = {
  op: 'mount';
  type: string;
  source: string;
  target: string;
  /**
   * `key=value` or `flag`, as fsconfig(2) takes them. `mode=inherit` becomes the mode of the directory that it is
   * mounted on, and is left out where that had to be made.
   */
  options: string[];
  /** MOUNT_ATTR_* */
  attributes: number;
  /** MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE (with MS_REC), 0 to leave it. */
  propagation: number;
  /** It begins with a copy of what it lies on (tmpcopyup). */
  copyUp?: boolean;
};

/**
 * A bind mount of a host path to `target` inside the root, which is made when missing: a directory or an empty
 * file, as the source is. Sources of other kinds: `root:/path` is inside the root, `mapped:/path` too, mapped by the
 * parent's `map-mount` meanwhile, `tree:N` comes from `open-tree`, `fd:N` is a detached
 * mount that the shim was given, `inside:PID:/path` is what that process sees, `inside:fd:N:/path` what is in that mount
 * namespace.
 */
export type BindMount = {
  op: 'bind';
  source: string;
  target: string;
  recursive: boolean;
  /** MOUNT_ATTR_* set and cleared, for the top mount, or for all of them. */
  attributes: number;
  clearAttributes: number;
  recursiveAttributes: boolean;
  propagation: number;
};

/** mount_setattr(2) on a path inside the root that is a mount already. */
export type ChangeMount = {
  op: 'mount-setattr';
  target: string;
  attributes: number;
  clearAttributes: number;
  recursive: boolean;
  propagation: number;
};

/** Hides a path inside the root: /dev/null over a file, an empty read-only tmpfs over a directory. */
export type MaskPath = { op: 'mask'; target: string };

/** Makes a path inside the root read-only by a recursive bind of it onto itself. A missing one is fine. */
export type ReadonlyPath = { op: 'readonly'; target: string };

/**
 * mknod(2) inside the root. Where that is not allowed: a bind of the host's device of that path, or of one that the shim
 * makes where the host has none or another there.
 */
export type MakeDevice = {
  op: 'device';
  target: string;
  /** S_IFCHR, S_IFBLK or S_IFIFO, with permission bits. */
  mode: number;
  major: number;
  minor: number;
  uid: number;
  gid: number;
};

/** A directory inside the root, with its missing parents. */
export type MakeRootDirectory = { op: 'root-directory'; target: string; mode: number };

export type MakeSymlink = { op: 'symlink'; target: string; content: string };

/**
 * Makes a pseudo-terminal in the root's devpts, the controlling terminal of the child; `bind` puts it at
 * /dev/console too. Before the root changes.
 */
export type SetUpConsole = { op: 'console'; rows: number; columns: number; bind: boolean };

/** pivot_root(2) into the root, the old one detached. */
export type PivotRoot = { op: 'pivot-root' };

/** chroot into the root after moving its mount to / (--no-pivot). */
export type MoveRoot = { op: 'move-root' };

/** chroot(2) into the root, for a container that shares the host's mount namespace. */
export type ChangeRoot = { op: 'change-root' };

/**
 * Closes all that the process is not to have, before any path of the image is looked up. Its standard streams are put
 * in place; those that are the host's /dev/null become the container's own. From 3 on come `preserve` of the descriptors
 * that the shim was given for it. `fifo` is the one of `await-fifo`, 0 for none. In the new root.
 */
export type Seal = { op: 'seal'; preserve: number; fifo: number };

/**
 * Ends the process, and goes on in another child of the shim: the pid namespace that was joined holds for children
 * only. Nothing in that namespace ever sees a process that has more rights than the container's own.
 */
export type Fork = { op: 'fork' };

/** Fails with ENOTDIR where a path inside the root is there and is no directory, or a link to one. */
export type RequireDirectory = { op: 'require-directory'; target: string };

/** Gives a host path to other owners. `optional`: a missing file (ENOENT) is fine. */
export type ChangeOwner = { op: 'chown'; path: string; uid: number; gid: number; optional?: boolean };

/** Takes HOME for `exec` from the root's /etc/passwd: the user's entry, `/` without one. In the new root. */
export type FindHome = { op: 'home'; uid: number };

/** Writes a sysctl through a private, verified procfs. `key` uses slashes. */
export type WriteSysctl = { op: 'sysctl'; key: string; value: string };

/** Brings the loopback interface up. */
export type RaiseLoopback = { op: 'loopback' };

export type SetHostname = { op: 'hostname'; name: string };
export type SetDomainname = { op: 'domainname'; name: string };
export type SetUmask = { op: 'umask'; mask: number };
/**
 * chdir(2), which comes twice: with the runtime's rights, where it may fail for lack of them, and with the user's.
 * The second has no effect where the first had; either refuses what is outside the root.
 */
export type ChangeDirectory = { op: 'chdir'; path: string; mayFail: boolean };

/**
 * setgroups (unless `setGroups` is false, as in user namespaces that deny it), setresgid, setresuid, in this
 * order, keeping permitted capabilities across the change.
 */
export type SetUser = { op: 'user'; uid: number; gid: number; setGroups: boolean; groups: number[] };

/** Drops what is not in the bounding set; then, after `user`: capset and the ambient set. Masks of 64 bits. */
export type BoundCapabilities = { op: 'cap-bounding'; keep: bigint };
export type SetCapabilities = {
  op: 'capabilities';
  effective: bigint;
  permitted: bigint;
  inheritable: bigint;
  ambient: bigint;
};

export type NoNewPrivileges = { op: 'no-new-privileges' };

/** seccomp(SECCOMP_SET_MODE_FILTER): classic BPF instructions, 8 bytes each. */
export type InstallSeccomp = {
  op: 'seccomp';
  filter: Uint8Array;
  /** With SECCOMP_FILTER_FLAG_NEW_LISTENER, the listener goes to the agent of `connect-agent`. */
  flags: number;
};

/**
 * Connects to the agent's socket (a host path) that a seccomp listener will be sent to; `state` goes with it,
 * "$PID" in it replaced by the pid. Before namespaces and root change.
 */
export type ConnectAgent = { op: 'connect-agent'; path: string; state: string };

/**
 * Limits what all processes of a cgroup, and of those below it, have open together. They ask by `ask-for-files`.
 * @param calls struct files_call of shim.h, packed: system calls that make another number of descriptors than one
 */
export type LimitFiles = { op: 'limit-files'; limit: number; cgroup: string; calls: Uint8Array };

/** As `seccomp`, with a listener that goes to the shim. After `await-start`, as the shim has to answer. */
export type AskForFiles = { op: 'ask-for-files'; filter: Uint8Array };

/** Opens /proc/thread-self/attr/`file` for `exec-label`, in the host's procfs. */
export type OpenLabel = { op: 'open-label'; file: string };
/** Writes an LSM label for the coming exec. */
export type SetExecLabel = { op: 'exec-label'; label: string };

export type SetPersonality = { op: 'personality'; persona: number };
export type SetIoPriority = { op: 'io-priority'; value: number };
/** struct sched_attr of sched_setattr(2), encoded. */
export type SetScheduler = { op: 'scheduler'; attributes: Uint8Array };
/** sched_setaffinity(2): a bit mask, little endian. */
export type SetAffinity = { op: 'affinity'; mask: Uint8Array };
export type SetMemoryPolicy = { op: 'memory-policy'; mode: number; nodes: Uint8Array };
/** Joins a new session keyring of that name. */
export type NewKeyring = { op: 'keyring'; name: string };

/** Finds `args[0]` along the PATH of `env`, as the user, inside the root. Fails with ENOENT or EACCES. */
export type FindExecutable = { op: 'find-executable'; name: string; path: string };

/** Tells the shim that all is ready, and waits for its leave to start. */
export type AwaitStart = { op: 'await-start' };

/**
 * As `await-start`, but waits for a byte from the FIFO of `seal`, open for reading and writing: for a container that no
 * shim stays with.
 */
export type AwaitFifo = { op: 'await-fifo' };

/** execve(2) of what `find-executable` found. Never returns. */
export type Execute = { op: 'exec'; args: string[]; env: string[] };

export type ParentOperation =
  | MakeDirectory
  | WriteFile
  | TryWrite
  | AttachDeviceProgram
  | LimitFiles
  | Barrier
  | Release
  | Clone
  | CloneInside
  | JoinChild
  | OpenTree
  | MapMount
  | MapIds
  | ChangeOwner
  | RaiseResourceLimit
  | WriteChildProc
  | RunHook;

export type ChildOperation =
  | MakeDirectory
  | WriteFile
  | Barrier
  | SetResourceLimit
  | RaiseResourceLimit
  | RunHook
  | JoinNamespace
  | JoinInit
  | Unshare
  | SetPropagation
  | PrivateParent
  | ConnectAgent
  | MountOverlayRoot
  | BindRoot
  | MountFileSystem
  | BindMount
  | ChangeMount
  | MaskPath
  | ReadonlyPath
  | MakeDevice
  | MakeSymlink
  | MakeRootDirectory
  | SetUpConsole
  | PivotRoot
  | MoveRoot
  | ChangeRoot
  | Seal
  | Fork
  | RequireDirectory
  | FindHome
  | WriteSysctl
  | RaiseLoopback
  | SetHostname
  | SetDomainname
  | SetUmask
  | ChangeDirectory
  | SetUser
  | BoundCapabilities
  | SetCapabilities
  | NoNewPrivileges
  | InstallSeccomp
  | AskForFiles
  | OpenLabel
  | SetExecLabel
  | SetPersonality
  | SetIoPriority
  | SetScheduler
  | SetAffinity
  | SetMemoryPolicy
  | NewKeyring
  | FindExecutable
  | AwaitParent
  | AwaitStart
  | AwaitFifo
  | Execute;

export type CleanupOperation = RemoveDirectory | KillCgroup;

export type Operation = ParentOperation | ChildOperation | CleanupOperation;
