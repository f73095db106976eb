/**
 * Asks again until the answer is the wanted one: what another replica hears of, it hears of at its own time.
 *
 * @param ms longest that it asks, in milliseconds
 * @returns the last answer, wanted or not
 */
export async function askUntil<T>(
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  ms = 10_000,
): Promise<T> {
  const until = performance.now() + ms;
  let answer = await ask();
  while (!isWanted(answer) && performance.now() < until) answer = await ask();
  return answer;
}
