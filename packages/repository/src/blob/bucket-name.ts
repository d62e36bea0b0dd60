import type { ConfigFields } from './config-fields.ts';

/** The name of a bucket or container, which must be there; the service may have narrower rules. Throws CONFIG_INVALID for what
 *  is none, saying what to give: a path, an ARN or a URL is what people try. */
export function bucketName(fields: ConfigFields, member: 'bucket' | 'container'): string {
  const name = fields.required(member);
  if (name.startsWith('arn:'))
    throw fields.invalid(`${member} is an ARN; give the name alone, which is the ARN's last part`);
  if (name.includes('/'))
    throw fields.invalid(`${member} is a name without slashes; give what follows the name as prefix`);
  if (/[^\w.:-]/.test(name))
    throw fields.invalid(`${member} is not a name of letters, digits, dots and hyphens`);
  return name;
}
