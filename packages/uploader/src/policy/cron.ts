/** What one field of a cron expression may say. */
interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Words for `min` and what follows it. */
  readonly words?: readonly string[];
  /** Forms of this field alone. */
  readonly special?: RegExp;
}

const SECOND: CronField = { name: 'second', min: 0, max: 59 };
const YEAR: CronField = { name: 'year', min: 1970, max: 2099 };
const FIELDS: readonly CronField[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31, special: /^(?:l|lw|(?:[1-9]|[12]\d|3[01])w)$/ },
  {
    name: 'month',
    min: 1,
    max: 12,
    words: 'january february march april may june july august september october november december'.split(' '),
  },
  {
    name: 'day of week',
    min: 0,
    max: 7,
    words: 'sunday monday tuesday wednesday thursday friday saturday sunday'.split(' '),
    special: /^[0-7]l$/,
  },
];
const PRESETS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@hourly'];

/** What is wrong with a cron expression; undefined when kopia takes it and means by it what it says. Five fields, or six with
 *  a year, or seven with seconds in front; `#` starts a comment. Stricter than kopia where that passes over mistakes
 *  (`1,,2`, `20-10`, an eighth field).
 *  Source: kopia snapshot/policy/scheduling_policy.go; github.com/hashicorp/cronexpr cronexpr_parse.go. */
export function cronProblem(expression: string): string | undefined {
  const [text = ''] = expression.split('#');
  const parts = text.trim().toLowerCase().split(/\s+/);
  if (parts[0] === '' || (parts.length === 1 && PRESETS.includes(text.trim()))) return undefined;
  const fields = fieldsOf(parts.length);
  if (fields === undefined) return `has ${parts.length} fields instead of 5 to 7`;
  const wrong = fields.findIndex((field, i) => !isValid(field, parts[i] ?? ''));
  return wrong < 0 ? undefined : `has no valid ${fields[wrong]?.name}: ${JSON.stringify(parts[wrong])}`;
}

function fieldsOf(count: number): readonly CronField[] | undefined {
  switch (count) {
    case 5:
      return FIELDS;
    case 6:
      return [...FIELDS, YEAR];
    case 7:
      return [SECOND, ...FIELDS, YEAR];
    default:
      return undefined;
  }
}

function isValid(field: CronField, text: string): boolean {
  return text.split(',').every((entry) => isValidEntry(field, entry));
}

function isValidEntry(field: CronField, entry: string): boolean {
  if (entry === '*' || entry === '?' || field.special?.test(entry) === true) return true;
  const [range = '', step, ...rest] = entry.split('/');
  if (rest.length > 0 || (step !== undefined && !isStep(field, step))) return false;
  if (range === '*') return true;
  const ends = range.split('-').map((end) => valueOf(field, end));
  const [first, last = first] = ends;
  return ends.length <= 2 && first !== undefined && last !== undefined && first <= last;
}

/** kopia's parser knows no longer steps than 59, in years either. */
function isStep({ max }: CronField, text: string): boolean {
  return /^[1-9]\d?$/.test(text) && Number(text) <= Math.min(max, 59);
}

function valueOf({ min, max, words = [] }: CronField, text: string): number | undefined {
  const word = words.findIndex((name) => name === text || name.slice(0, 3) === text);
  if (word >= 0) return min + word;
  const value = Number(text);
  // No leading zero where names are possible: kopia takes `05` for Sunday.
  const digits = words.length > 0 ? /^(?:0|[1-9]\d?)$/ : /^\d{1,2}$|^\d{4}$/;
  return digits.test(text) && value >= min && value <= max ? value : undefined;
}
