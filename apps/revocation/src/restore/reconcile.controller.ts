import { type ReconcileJournalRequest, RevocationActorKind, RevocationService } from '#libs/contracts';
import { type CallContext, RpcController, RpcMethod } from '#libs/rpc';
import { ReconcileService } from './reconcile.service.js';

@RpcController(RevocationService)
export class ReconcileController {
  constructor(private readonly journals: ReconcileService) {}

  @RpcMethod(RevocationService.method.reconcileJournal)
  reconcileJournal({ customerId, serials, actor }: ReconcileJournalRequest, context: CallContext) {
    const who = { kind: actor?.kind ?? RevocationActorKind.UNSPECIFIED, id: actor?.id ?? '' };
    return this.journals.reconcile({ customerId, serials, actor: who }, context);
  }
}
