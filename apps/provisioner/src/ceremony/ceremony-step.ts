/**
 * The steps of the ceremony that gives a customer its CA, in order. A to-be-signed certificate is recorded
 * before it is signed, so a ceremony that is taken up again signs the same serial number and dates.
 */
export const ceremonySteps = [
  'root_key',
  'root_draft',
  'root_certificate',
  'intermediate_key',
  'intermediate_draft',
  'intermediate_certificate',
  'publish',
  'disable_root_key',
  'activate',
] as const;
export type CeremonyStep = (typeof ceremonySteps)[number];

/** The step after one; undefined after the last. */
export function stepAfter(step: CeremonyStep): CeremonyStep | undefined {
  return ceremonySteps[ceremonySteps.indexOf(step) + 1];
}
