import { readFileSync } from 'node:fs';

let known: string | undefined;

/** Who this process is and what it may do: an attribute that it could not see before may be there, unchanged, now. */
export function privileges(): string {
  known ??= `${process.geteuid?.() ?? ''} ${effectiveCapabilities()}`;
  return known;
}

function effectiveCapabilities(): string {
  try {
    return /^CapEff:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '';
  } catch {
    return '';
  }
}
