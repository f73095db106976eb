import type { DescMethodUnary, DescService } from '@bufbuild/protobuf';
import { DomainError } from '#libs/errors';
import { RpcController, RpcMethod } from '#libs/rpc';

type Controller = abstract new (...parameters: never[]) => object;

/**
 * A controller for the methods of a service that its doubles leave out: they answer `service_unavailable`. A server
 * refuses to start with a method missing, and a test's double says only what its test needs.
 *
 * @param doubles their methods are named as the service's are
 */
export function restOf(service: DescService, ...doubles: Controller[]): new () => object {
  class Rest {}
  const methods = service.methods.filter(
    (method): method is DescMethodUnary =>
      method.methodKind === 'unary' && !doubles.some((double) => method.localName in double.prototype),
  );
  for (const method of methods) {
    const value = async (): Promise<never> => {
      throw new DomainError('service_unavailable', `The double of ${service.name} has no ${method.name}.`);
    };
    const descriptor = { value, writable: true, configurable: true };
    RpcMethod(method)(Rest.prototype, method.localName, descriptor);
    Object.defineProperty(Rest.prototype, method.localName, descriptor);
  }
  RpcController(service)(Rest);
  return Rest;
}
