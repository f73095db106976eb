/** Milliseconds in one of each unit of the `grpc-timeout` header (gRPC over HTTP/2, Requests). */
const unitMs = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 } as const;

/** At most eight digits and a unit; a remaining time is never rounded down to nothing. */
export function formatTimeout(milliseconds: number): string {
  const rounded = Math.max(1, Math.ceil(milliseconds));
  return rounded <= 99_999_999 ? `${rounded}m` : `${Math.min(99_999_999, Math.ceil(rounded / 1000))}S`;
}

/** Milliseconds, or undefined for a header that is absent or not a timeout. */
export function parseTimeout(header: string | undefined): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(header ?? '');
  if (match === null) return undefined;
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
}
