import type * as api from '../../api/types.ts';
import { bool, strings, struct, text } from '../../base/go/decode.ts';
import { consoleSize } from './host-config.ts';

export const execConfig = struct<api.ExecConfig>('container.ExecOptions', {
  User: text(),
  Privileged: bool,
  Tty: bool,
  ConsoleSize: consoleSize,
  AttachStdin: bool,
  AttachStderr: bool,
  AttachStdout: bool,
  DetachKeys: text(),
  Env: strings,
  WorkingDir: text(),
  Cmd: strings,
});

export const execStartConfig = struct<api.ExecStartConfig>('container.ExecStartOptions', {
  Detach: bool,
  Tty: bool,
  ConsoleSize: consoleSize,
});
