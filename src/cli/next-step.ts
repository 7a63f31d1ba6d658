import type { Arguments } from "./args.ts";
import type { Host } from "./host.ts";

/** Says in one line what most people do next, to somebody at a terminal: `Next: steerform plan shows what it takes.` */
export function sayNext(command: string, what: string, args: Arguments, host: Host): void {
  // With a value that is not the spec's, the next command is for who knows what it is.
  if (args.texts("set").length > 0) return;
  const [spec] = args.positionals;
  say(`${host.program} ${command}${spec === undefined ? "" : ` ${quoted(spec)}`} ${what}`, args, host);
}

/** The same of a report's page. */
export function sayOpen(page: string, args: Arguments, host: Host): void {
  say(`open ${quoted(page)} in a browser.`, args, host);
}

function say(text: string, args: Arguments, host: Host): void {
  if (host.interactive && !args.flag("json")) host.out(host.style.dim(`\nNext: ${text}`));
}

/** As a shell needs it. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
