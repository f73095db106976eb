// Makes, lints and signs a CRL in a process of its own; prints what that cost.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { lintTbsCrl } from '#libs/lint';
import {
  assembleCertificate,
  CrlEntries,
  crlReasons,
  crlTbs,
  derOid,
  derSequence,
  derUtf8String,
  der as element,
  oid,
  signatureAlgorithmDer,
  tag,
} from '#libs/x509';

const count = Number(process.argv[2]);
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const serials = randomBytes(16 * count);
const from = Date.now() - count;
const issuer = derSequence(element(tag.set, derSequence(derOid(oid.commonName), derUtf8String('bench'))));
const before = { cpu: process.cpuUsage(), rss: process.memoryUsage().rss };

const entries = new CrlEntries();
for (let i = 0; i < count; i++) {
  const serial = serials.subarray(16 * i, 16 * i + 16);
  entries.add({ serial, revokedAt: from + i, reason: crlReasons.superseded });
}
const tbs = crlTbs({
  ...{ issuer, issuerKeyIdentifier: Buffer.alloc(20, 1), signatureAlgorithm: 'ecdsa-sha256', number: 1n },
  ...{ thisUpdate: Date.now(), nextUpdate: Date.now() + 86_400_000, entries },
});
const findings = lintTbsCrl(tbs);
if (findings.length > 0) throw new Error(findings[0]?.message);
const der = assembleCertificate(tbs, signatureAlgorithmDer('ecdsa-sha256'), sign('sha256', tbs, privateKey));

const { user, system } = process.cpuUsage(before.cpu);
const peakMb = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6, peakMb, octets: der.length }));
