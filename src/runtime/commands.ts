import type { Command } from './command.ts';

/** Each is loaded when it is called, since loading is most of what a call takes. */
export const COMMANDS: Record<string, () => Promise<Command>> = {
  checkpoint: async () => (await import('./commands/checkpoint.ts')).checkpoint,
  create: async () => (await import('./commands/create.ts')).create,
  delete: async () => (await import('./commands/delete.ts')).remove,
  events: async () => (await import('./commands/events.ts')).events,
  exec: async () => (await import('./commands/exec.ts')).exec,
  features: async () => (await import('./commands/features.ts')).features,
  kill: async () => (await import('./commands/kill.ts')).kill,
  list: async () => (await import('./commands/list.ts')).list,
  pause: async () => (await import('./commands/pause.ts')).pause,
  plan: async () => (await import('./commands/plan.ts')).plan,
  ps: async () => (await import('./commands/ps.ts')).ps,
  restore: async () => (await import('./commands/restore.ts')).restore,
  resume: async () => (await import('./commands/resume.ts')).resume,
  run: async () => (await import('./commands/run.ts')).run,
  spec: async () => (await import('./commands/spec.ts')).spec,
  start: async () => (await import('./commands/start.ts')).start,
  state: async () => (await import('./commands/state.ts')).state,
  update: async () => (await import('./commands/update.ts')).update,
};
