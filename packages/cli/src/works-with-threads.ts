/** Whether a command line looks like one whose work is done by threads. A guess: nothing is read of what options mean. */
export function worksWithThreads(args: readonly string[]): boolean {
  if (args.includes('--help')) return false;
  const words = args.filter((arg) => !arg.startsWith('-'));
  return words.some((word, i) => word === 'restore' || (isSnapshot(word) && isThreaded(words[i + 1])));
}

function isThreaded(command: string | undefined): boolean {
  return command === 'create' || command === 'verify';
}

function isSnapshot(word: string): boolean {
  return word === 'snapshot' || word === 'snap';
}
