// What a PKCS#11 module does by itself: P-256 signatures on several sessions, in a process of its own.
import pkcs11 from 'pkcs11js';

const [module = '', token = '', pin = '', seconds = '1'] = process.argv.slice(2);
const sessions = 4;
/** prime256v1 as an object identifier in DER. */
const curve = Buffer.from('06082a8648ce3d030107', 'hex');

const library = new pkcs11.PKCS11();
library.load(module);
library.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK });
const slot = library.C_GetSlotList(true).find((each) => library.C_GetTokenInfo(each).label.trim() === token);
if (!slot) throw new Error(`no token ${token}`);
const open = () => library.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
const first = open();
library.C_Login(first, pkcs11.CKU_USER, pin);
const { privateKey } = library.C_GenerateKeyPair(
  first,
  { mechanism: pkcs11.CKM_EC_KEY_PAIR_GEN },
  [
    { type: pkcs11.CKA_EC_PARAMS, value: curve },
    { type: pkcs11.CKA_VERIFY, value: true },
  ],
  [
    { type: pkcs11.CKA_SIGN, value: true },
    { type: pkcs11.CKA_SENSITIVE, value: true },
  ],
);
const digest = Buffer.alloc(32, 1);
const until = performance.now() + Number(seconds) * 1_000;
const started = performance.now();
let signatures = 0;
const sign = async (session: Buffer) => {
  while (performance.now() < until) {
    library.C_SignInit(session, { mechanism: pkcs11.CKM_ECDSA }, privateKey);
    await library.C_SignAsync(session, digest, Buffer.alloc(64));
    signatures++;
  }
};
await Promise.all([first, ...Array.from({ length: sessions - 1 }, open)].map(sign));
console.log(JSON.stringify({ rate: signatures / ((performance.now() - started) / 1_000) }));
library.C_Finalize();
