import type { EntryType } from '@holdfast/uploader';

/** Letters in front of the permissions, in the order in which Go prints them. */
const SPECIAL: readonly (readonly [bit: number, letter: string])[] = [
  [0o4000, 'u'],
  [0o2000, 'g'],
  [0o1000, 't'],
];

/** Type and mode as Go and so kopia prints them, such as `drwxr-xr-x`; special bits are letters in front (`dtrwxrwxrwx`). */
export function modeText(type: EntryType, mode: number): string {
  const kind = type === 'd' ? 'd' : type === 's' ? 'L' : '';
  const special = SPECIAL.map(([bit, letter]) => (mode & bit ? letter : '')).join('');
  const permissions = 'rwxrwxrwx'.replaceAll(/./g, (letter, i: number) =>
    mode & (0o400 >> i) ? letter : '-',
  );
  return (kind + special || '-') + permissions;
}
