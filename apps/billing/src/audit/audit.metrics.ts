import { type Counter, counter, type Registry } from '#libs/observability';

export interface AuditMetrics {
  readonly appended: Counter;
}

export function auditMetrics(registry: Registry): AuditMetrics {
  return {
    appended: counter({ registry, name: 'audit_entries_total', help: 'Entries appended to audit trails.' }),
  };
}
