/** Waiting. */

/**
 * Wait for so many milliseconds. With `untilOnline`, no longer than until the network is back, where the platform tells
 * (browsers do). Throws the signal's reason when it aborts before.
 */
export function sleep(
  milliseconds: number,
  signal?: AbortSignal,
  untilOnline = false,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const over = new AbortController(); // takes the listeners away again
    const settle = (act: () => void) => () => {
      clearTimeout(timer);
      over.abort();
      act();
    };
    const timer = setTimeout(settle(resolve), milliseconds);
    const options = { signal: over.signal };
    signal?.addEventListener(
      "abort",
      settle(() => reject(signal.reason)),
      options,
    );
    if (untilOnline) globalThis.addEventListener?.("online", settle(resolve), options);
  });
}
