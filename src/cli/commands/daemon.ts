import { defineCommand } from '../command.ts';
import type { DaemonFlags } from '../daemon-flags.ts';
import { DAEMON_FLAG_TABLE } from '../daemon/daemon-flag-table.ts';
import { readConfigFile } from '../daemon/read-config-file.ts';
import { toDaemonFlags } from '../daemon/to-daemon-flags.ts';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Run the daemon in the foreground',
  flags: DAEMON_FLAG_TABLE,
  arguments: { min: 0, max: 0 },
  async run(context, { values, changed }) {
    const read = (): DaemonFlags => {
      const configured = readConfigFile(values['config-file'], { values, changed });
      const { host } = configured.values;
      const hosts = host.length === 0 ? [...context.hosts] : host;
      return toDaemonFlags({ ...configured.values, host: hosts }, configured.warnings);
    };
    const flags = read();
    if (!values.validate) return context.runDaemon(flags, read);
    await context.checkDaemon(flags);
    for (const warning of flags.warnings) context.stderr.write(`WARNING: ${warning}\n`);
    context.stderr.write('configuration OK\n');
  },
});
