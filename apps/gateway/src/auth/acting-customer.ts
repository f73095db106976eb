import type { FastifyRequest } from 'fastify';
import { DomainError } from '#libs/errors';
import type { CustomerPrincipal } from './principal.js';

/** Who acts for a customer on a route that takes nobody else. */
export function actingCustomer({ principal }: Pick<FastifyRequest, 'principal'>): CustomerPrincipal {
  if (principal !== null && 'customerId' in principal) return principal;
  throw new DomainError('internal', 'The route was entered without a customer.');
}
