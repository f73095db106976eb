/** Gives everybody who asks within some milliseconds the same answer. */
export function sharedFor<T>(milliseconds: number, ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  let asked = 0;
  return () => {
    const now = performance.now();
    if (answer === undefined || now - asked >= milliseconds) {
      asked = now;
      answer = ask();
    }
    return answer;
  };
}
