export { AllowList } from './allow-list.js';
export { isCompactJwt } from './id-token.js';
export type { Identity } from './identity.js';
export { IdentityProviders, type IdentityProvidersOptions } from './identity-providers.js';
export { readTicket, type SignInTicket, writeTicket } from './sign-in-ticket.js';
