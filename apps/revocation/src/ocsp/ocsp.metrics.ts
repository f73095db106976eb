import { type Counter, counter, type Gauge, gauge, type Registry } from '#libs/observability';

export interface OcspMetrics {
  readonly answered: Counter<'from'>;
  readonly signed: Counter<'cause'>;
  readonly refused: Counter<'status'>;
  readonly kept: Gauge;
  readonly overdue: Gauge;
  readonly responderEnd: Gauge;
}

export function ocspMetrics(registry: Registry): OcspMetrics {
  return {
    answered: counter({
      registry,
      name: 'ocsp_responses_total',
      help: 'OCSP requests that were answered, from memory or by a signature.',
      labels: ['from'],
    }),
    signed: counter({
      registry,
      name: 'ocsp_signatures_total',
      help: 'OCSP responses that were signed, by why.',
      labels: ['cause'],
    }),
    refused: counter({
      registry,
      name: 'ocsp_errors_total',
      help: 'OCSP requests that were answered with an error, by its status.',
      labels: ['status'],
    }),
    kept: gauge({ registry, name: 'ocsp_responses_kept', help: 'Pre-signed OCSP responses in memory.' }),
    overdue: gauge({
      registry,
      name: 'ocsp_responses_overdue',
      help: 'Pre-signed OCSP responses that are asked for and should have been signed again.',
    }),
    responderEnd: gauge({
      registry,
      name: 'ocsp_responder_seconds_left',
      help: 'Seconds until the first OCSP responder in use ends; they are replaced seven days ahead.',
    }),
  };
}
