/** Rejects when the first signal aborts; is over at once when the second one does. */
export function sleep(ms: number, [interrupt, stop]: readonly [AbortSignal | undefined, AbortSignal]): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(finish, ms);
    function forget(): void {
      clearTimeout(timer);
      interrupt?.removeEventListener("abort", fail);
      stop.removeEventListener("abort", finish);
    }
    function finish(): void {
      forget();
      resolve();
    }
    function fail(): void {
      forget();
      reject(interrupt?.reason as Error);
    }
    interrupt?.addEventListener("abort", fail, { once: true });
    stop.addEventListener("abort", finish, { once: true });
  });
}
