import { stoppingCommand } from '../container/stopping-command.ts';

export const command = stoppingCommand('stop', 'Stop one or more running containers');
