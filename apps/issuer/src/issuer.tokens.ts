/** What cannot be injected by its class. */
export const tokens = {
  clock: Symbol('clock'),
  logger: Symbol('logger'),
  metrics: Symbol('metrics'),
} as const;
