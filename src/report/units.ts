/** `430 ms`, `12.3 s`, `4 min 05 s`, `3 h 20 min` */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** `1,234` */
export function formatCount(count: number): string {
  // The first use of Intl takes 25 ms.
  return String(Math.round(count)).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `12 KB`, decimal units */
export function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value >= 9.95 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `1 task`, `2 tasks` */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `+12.3`, `−4.0`, `0.0` without a sign that rounding has taken the reason from; `–` for a number that is missing. */
export function formatDelta(value: number | null | undefined, digits = 1): string {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value).toFixed(digits);
  if (Number(size) === 0) return size;
  return `${value < 0 ? "−" : "+"}${size}`;
}

type Interval = readonly [low: number, high: number];

/** `+21.0 … +41.0`, `+0.02 … +1.30`; `–` for one that is missing. */
export function formatInterval(interval: Interval | null | undefined): string {
  if (interval === null || interval === undefined) return "–";
  const digits = digitsOf(interval);
  return `${formatDelta(interval[0], digits)} … ${formatDelta(interval[1], digits)}`;
}

interface Effect {
  readonly trait_delta: number | null;
  readonly interval: Interval | null;
}

/** `+12.0 (+8.1 … +15.9)`; `–` for one that is missing. */
export function formatEffect(effect: Effect | undefined): string {
  if (effect === undefined) return "–";
  const { trait_delta: delta, interval } = effect;
  if (interval === null) return formatDelta(delta);
  return `${formatDelta(delta, digitsOf(interval))} (${formatInterval(interval)})`;
}

const MAX_DIGITS = 12;

/** One; more where an interval lies beside zero and a bound would be rounded to it: that it does must be seen. */
function digitsOf([low, high]: Interval): number {
  if (low <= 0 && high >= 0) return 1;
  const nearest = Math.min(Math.abs(low), Math.abs(high));
  let digits = 1;
  while (Number(nearest.toFixed(digits)) === 0 && digits < MAX_DIGITS) digits++;
  return digits;
}

/** `95% interval` */
export function intervalTitle(confidence: number): string {
  return `${Number((100 * confidence).toFixed(1))}% interval`;
}

/** `81.2`; `–` for a number that is missing. */
export function formatScore(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : value.toFixed(1);
}
