/** What the server asks of a logger; pino's is one. */
export type Logger = {
  error(fields: object, message: string): void;
};
