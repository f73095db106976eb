/**
 * What a ceremony is for, and its steps in order.
 *
 * A to-be-signed certificate is recorded before it is signed, so a ceremony that is taken up again signs the same
 * serial number and dates.
 *
 * - `birth` gives a customer its root and its first intermediate;
 * - `rotation` makes the next intermediate and moves minting over;
 * - `retirement` puts an intermediate's key to rest once its last certificate has expired;
 * - `request` makes a key and a certification request, for a root that is not ours;
 * - `import` takes an intermediate that such a root has signed.
 */
export const ceremonySteps = {
  birth: [
    'root_key',
    'root_draft',
    'root_certificate',
    'intermediate_key',
    'intermediate_draft',
    'intermediate_certificate',
    'publish',
    'disable_root_key',
    'activate',
  ],
  rotation: [
    'intermediate_key',
    'intermediate_draft',
    'enable_root_key',
    'intermediate_certificate',
    'disable_root_key',
    'publish',
    'activate',
  ],
  retirement: ['retire_key'],
  request: ['intermediate_key', 'certification_request'],
  import: ['import_certificate', 'publish', 'activate'],
} as const;

export type CeremonyKind = keyof typeof ceremonySteps;
export type CeremonyStep = (typeof ceremonySteps)[CeremonyKind][number];

/** The step that a ceremony begins with. */
export function firstStep(kind: CeremonyKind): CeremonyStep {
  return ceremonySteps[kind][0];
}

/** The step after one; undefined after the last. */
export function stepAfter(kind: CeremonyKind, step: CeremonyStep): CeremonyStep | undefined {
  const steps: readonly CeremonyStep[] = ceremonySteps[kind];
  return steps[steps.indexOf(step) + 1];
}
