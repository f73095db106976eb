// Makes, lints, signs and verifies a CRL in a process of its own; prints what that cost.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { lintTbsCrl } from '#libs/lint';
import {
  CrlEntries,
  crlReasons,
  derOid,
  derSequence,
  derUtf8String,
  draftCrl,
  der as element,
  oid,
  signatureVerifies,
  tag,
} from '#libs/x509';

const count = Number(process.argv[2]);
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const serials = randomBytes(16 * count);
const octets = new DataView(serials.buffer, serials.byteOffset, serials.byteLength);
const now = Date.now();
const quarter = 90 * 86_400_000;
const issuer = derSequence(element(tag.set, derSequence(derOid(oid.commonName), derUtf8String('bench'))));
const before = { cpu: process.cpuUsage(), rss: process.memoryUsage().rss };

const entries = new CrlEntries();
for (let i = 0; i < count; i++) {
  // In the order of a table: neither days nor seconds follow one another.
  const revokedAt = now - quarter * Math.random();
  entries.addSpan({ octets, start: 16 * i, stop: 16 * i + 16 }, { revokedAt, reason: crlReasons.superseded });
}
const draft = draftCrl({
  ...{ issuer, issuerKeyIdentifier: Buffer.alloc(20, 1), signatureAlgorithm: 'ecdsa-sha256', number: 1n },
  ...{ thisUpdate: now, nextUpdate: now + 86_400_000, entries },
});
const { tbs } = draft;
const findings = lintTbsCrl(tbs);
if (findings.length > 0) throw new Error(findings[0]?.message);
const signature = sign('sha256', tbs, privateKey);
const der = draft.signed(signature);
const spki = publicKey.export({ type: 'spki', format: 'der' });
if (!signatureVerifies(spki, 'ecdsa-sha256', { message: tbs, signature }))
  throw new Error('it does not verify');

const { user, system } = process.cpuUsage(before.cpu);
const peakMb = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6, peakMb, octets: der.length }));
