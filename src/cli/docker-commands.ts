/** The commands of Docker's CLI 28.5 and the plugins that come with it; of groups, what is in them. */
export const DOCKER_COMMANDS: Readonly<Record<string, string>> = {
  '':
    'attach build commit compose cp create diff events exec export history images import info inspect kill load ' +
    'login logout logs pause port ps pull push rename restart rm rmi run save search start stats stop tag top ' +
    'unpause update version wait',
  builder: 'build prune',
  buildx: 'bake build create dial-stdio du history imagetools inspect ls prune rm stop use version',
  checkpoint: 'create ls rm',
  config: 'create inspect ls rm',
  container:
    'attach commit cp create diff exec export inspect kill logs ls pause port prune rename restart rm run start ' +
    'stats stop top unpause update wait',
  context: 'create export import inspect ls rm show update use',
  image: 'build history import inspect load ls prune pull push rm save tag',
  manifest: 'annotate create inspect push rm',
  network: 'connect create disconnect inspect ls prune rm',
  node: 'demote inspect ls promote ps rm update',
  plugin: 'create disable enable inspect install ls push rm set upgrade',
  secret: 'create inspect ls rm',
  service: 'create inspect logs ls ps rm rollback scale update',
  stack: 'config deploy ls ps rm services',
  swarm: 'ca init join join-token leave unlock unlock-key update',
  system: 'df events info prune',
  trust: 'inspect key revoke sign signer',
  volume: 'create inspect ls prune rm update',
};
