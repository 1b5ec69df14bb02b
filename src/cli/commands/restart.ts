import { stoppingCommand } from '../container/stopping-command.ts';

export const command = stoppingCommand('restart', 'Restart one or more containers');
