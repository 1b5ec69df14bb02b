import type { Healthcheck } from '../oci/image-config.ts';
import type { LineRange } from './dockerfile-error.ts';
import type { Heredoc } from './heredoc.ts';

/** Where an instruction is written, and how. */
export type Written = {
  /** Joined to one line, without heredocs' content. */
  original: string;
  range: LineRange;
};

export type KeyValue = { name: string; value: string };

/** A command line: a list, or text for the shell with the heredocs that it has. */
export type CommandLine =
  | { form: 'exec'; list: string[] }
  | { form: 'shell'; text: string; heredocs: Heredoc[] };

/** What COPY and ADD have in common; texts may have variables in them. */
export type Transfer = {
  sources: string[];
  /** Files whose content is written in the Dockerfile. */
  inline: Heredoc[];
  destination: string;
  chown: string;
  chmod: string;
  link: boolean;
  parents: boolean;
  exclude: string[];
};

export type RunMount = {
  type: 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh';
  from: string;
  source: string;
  target: string;
  readonly: boolean;
  required: boolean;
  id: string;
  sharing: 'shared' | 'private' | 'locked';
  sizeBytes: number | undefined;
  mode: number | undefined;
  uid: number | undefined;
  gid: number | undefined;
  /** `env=NAME` of a secret: it is a variable, too. */
  env: string;
};

export type FromInstruction = { kind: 'from'; base: string; name: string; platform: string };
export type ArgInstruction = { kind: 'arg'; args: { name: string; value: string | undefined }[] };
export type RunInstruction = {
  kind: 'run';
  command: CommandLine;
  /** As written: variables in them are replaced before they are read (run-mount.ts). */
  mounts: string[];
  network: 'default' | 'none' | 'host';
  security: 'sandbox' | 'insecure';
  devices: string[];
};
export type CopyInstruction = Transfer & { kind: 'copy'; from: string };
export type AddInstruction = Transfer & {
  kind: 'add';
  keepGitDirectory: boolean;
  checksum: string;
  /** Undefined: archives of the context are unpacked, others are not. */
  unpack: boolean | undefined;
};

/** Those that only say something about the image. */
export type ConfigInstruction =
  | { kind: 'env'; pairs: KeyValue[] }
  | { kind: 'label'; pairs: KeyValue[] }
  | { kind: 'maintainer'; maintainer: string }
  | { kind: 'expose'; ports: string[] }
  | { kind: 'volume'; paths: string[] }
  | { kind: 'user'; user: string }
  | { kind: 'stopsignal'; signal: string }
  | { kind: 'cmd'; command: CommandLine }
  | { kind: 'entrypoint'; command: CommandLine }
  | { kind: 'shell'; shell: string[] }
  | { kind: 'healthcheck'; healthcheck: Healthcheck }
  | { kind: 'onbuild'; expression: string }
  | { kind: 'workdir'; path: string };

/** What may stand in a stage. */
export type StageInstruction =
  | ConfigInstruction
  | ArgInstruction
  | RunInstruction
  | CopyInstruction
  | AddInstruction;

export type Instruction = Written & (StageInstruction | FromInstruction);
export type StageStep = Written & StageInstruction;

/** One build stage: FROM and what follows. */
export type Stage = Written & Omit<FromInstruction, 'kind'> & { steps: StageStep[] };

export type Dockerfile = {
  escape: '\\' | '`';
  syntax: string | undefined;
  check: string | undefined;
  /** In front of the first FROM. */
  globalArgs: (Written & ArgInstruction)[];
  stages: Stage[];
};
