/** Retry-After is seconds or a date. */
export function retryAfterMs(header: string | null): number {
  if (header === null) return 0;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 120_000) : 0;
}

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
