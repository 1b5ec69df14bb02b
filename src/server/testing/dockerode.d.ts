/** As much of dockerode's types as the tests use; the package has none. */
declare module 'dockerode' {
  import type { Duplex, Readable, Writable } from 'node:stream';

  type ExecOptions = { Cmd: string[]; AttachStdin?: boolean; AttachStdout?: boolean };
  type AttachOptions = {
    stream?: boolean;
    stdin?: boolean;
    stdout?: boolean;
    stderr?: boolean;
    hijack?: boolean;
  };

  export interface Exec {
    start(options: { hijack?: boolean; stdin?: boolean }): Promise<Duplex>;
    inspect(): Promise<{ ExitCode: number | null }>;
  }

  export interface Container {
    readonly id: string;
    attach(options: AttachOptions): Promise<Duplex>;
    exec(options: ExecOptions): Promise<Exec>;
    start(): Promise<unknown>;
    wait(): Promise<{ StatusCode: number }>;
    remove(): Promise<unknown>;
    getArchive(options: { path: string }): Promise<Readable>;
    putArchive(archive: Buffer, options: { path: string }): Promise<unknown>;
  }

  export default class Docker {
    constructor(options: { socketPath: string });
    createContainer(options: { name: string; Image: string; Cmd: string[] }): Promise<Container>;
    getContainer(id: string): Container;
    /** Writes what the container writes to `output`. */
    run(
      image: string,
      command: string[],
      output: Writable,
      options: object,
    ): Promise<[{ StatusCode: number }, Container]>;
    getImage(name: string): { inspect(): Promise<{ Id: string }> };
    ping(): Promise<Buffer | string>;
    buildImage(context: Buffer, options: { t: string }): Promise<Readable>;
    readonly modem: {
      followProgress(
        stream: Readable,
        done: (error: Error | null, output: { stream?: string }[]) => void,
      ): void;
    };
  }
}
