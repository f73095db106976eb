/**
 * Who holds the CA that Free customers share (specification 3): made at the first need, the same everywhere, so
 * that two who need it at once mean one. The handle names it in the URLs of its certificates.
 */
export const sharedCustomer = {
  id: '00000000-0000-4000-8000-00000000f4ee',
  handle: 'free',
} as const;
