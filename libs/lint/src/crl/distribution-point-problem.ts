import { constructedContextTag, type DerReader } from '#libs/x509';
import { httpProblem, uriTag } from '../walk.js';

/** What is wrong with the `[0] DistributionPointName` at the reader's position, or undefined. @throws DerError */
export function distributionPointProblem(reader: DerReader, what: string): string | undefined {
  const name = reader.enter(constructedContextTag(0), what);
  const fullName = reader.enter(constructedContextTag(0), what);
  if (!reader.more) return `${what} has no name`;
  while (reader.more) {
    reader.read(uriTag, what);
    const problem = httpProblem(reader.bytes, reader.start, reader.stop);
    if (problem !== undefined) return `${what} ${problem}`;
  }
  reader.leave(fullName, what);
  reader.leave(name, what);
  return undefined;
}
