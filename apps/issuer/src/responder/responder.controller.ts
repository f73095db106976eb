import { Inject } from '@nestjs/common';
import { type IssueResponderCertificateRequest, IssuerService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { type CallContext, callFrom, RpcController, RpcMethod } from '#libs/rpc';
import { checkCustomerId, isUuid } from '../policy/batch.policy.js';
import { ResponderService } from './responder.service.js';

@RpcController(IssuerService)
export class ResponderController {
  constructor(@Inject(ResponderService) private readonly responders: ResponderService) {}

  @RpcMethod(IssuerService.method.issueResponderCertificate)
  async issueResponderCertificate(request: IssueResponderCertificateRequest, context: CallContext) {
    checkCustomerId(request.customerId);
    if (!isUuid(request.caId)) throw new DomainError('bad_request', 'ca_id must be a UUID in lower case.');
    return { der: await this.responders.issue(request, callFrom(context)) };
  }
}
