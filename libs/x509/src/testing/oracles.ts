import 'reflect-metadata';
import * as peculiar from '@peculiar/x509';
import * as pkijs from 'pkijs';

/** Whether @peculiar/x509 reads a request and finds its signature right. */
export async function peculiarAccepts(csr: Uint8Array): Promise<boolean> {
  try {
    return await new peculiar.Pkcs10CertificateRequest(Uint8Array.from(csr).buffer).verify();
  } catch {
    return false;
  }
}

/** Whether pkijs reads a request and finds its signature right. */
export async function pkijsAccepts(csr: Uint8Array): Promise<boolean> {
  try {
    const request = pkijs.CertificationRequest.fromBER(Uint8Array.from(csr).buffer);
    return await request.verify();
  } catch {
    return false;
  }
}
