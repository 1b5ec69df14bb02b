/** What the registry says of itself; pino's logger is one. */
export type RegistryLogger = {
  error(fields: object, message: string): void;
  info(fields: object, message: string): void;
};
