export { DerError } from './der-error.js';
export { DerReader } from './der-reader.js';
export { DerSlice } from './der-slice.js';
export { constructedContextTag, contextTag, tag } from './der-tag.js';
export { derGeneralizedTime, derTime, readGeneralizedTime, readTime } from './der-time.js';
export * from './der-writer.js';
export { checkOid, derOid, oid, oidOfContent } from './oid.js';
export { utcTimeAt, utcTimeOctets, writeUtcTime } from './utc-time.js';
export { checkWellFormed, readWellFormed } from './well-formed.js';
