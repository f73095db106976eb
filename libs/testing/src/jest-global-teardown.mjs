// Setup and teardown run in the same process.
export default async function teardown() {
  await globalThis.stackrunnerPostgres?.stop();
}
