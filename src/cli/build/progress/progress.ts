import type { OutputStream } from '../../context.ts';
import type { Status } from '../solve-build.ts';
import { BuildSteps, type View } from './build-steps.ts';
import { LiveView } from './live-view.ts';
import { PlainLog } from './plain-log.ts';
import { rawJson } from './raw-json.ts';

/** A build that is shown while it goes on. */
export type Progress = {
  steps: BuildSteps;
  take(status: Status): void;
  /** Shows what there is to show in the end. */
  end(): void;
};

/** `mode`: auto, plain, tty, rawjson or quiet. @throws Error for another */
export function openProgress(mode: string, output: OutputStream): Progress {
  const steps = new BuildSteps();
  const shown = view(mode, output, steps);
  return {
    steps,
    take: status => shown.take(status, steps.take(status)),
    end: () => shown.end(),
  };
}

function view(mode: string, output: OutputStream, steps: BuildSteps): View {
  switch (mode) {
    case 'auto':
      return output.isTTY ? new LiveView(output, steps) : new PlainLog(output, steps);
    case 'tty':
      if (!output.isTTY) throw new Error('failed to get console: provided file is not a console');
      return new LiveView(output, steps);
    case 'plain':
      return new PlainLog(output, steps);
    case 'rawjson':
      return { take: status => void output.write(`${rawJson(status)}\n`), end: () => undefined };
    case 'quiet':
    case 'none':
      return { take: () => undefined, end: () => undefined };
    default:
      throw new Error(`invalid progress mode ${mode}`);
  }
}
