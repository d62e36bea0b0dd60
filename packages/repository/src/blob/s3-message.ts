/** The name of what a service of Amazon's kind said; '' for those that the SDK makes up, which tell nothing. */
export function saidName({ name }: Error): string {
  return ['Error', 'Unknown', 'UnknownError', 'NotFound', 'SyntaxError'].includes(name) ? '' : name;
}

/** What it said for people, in one line of at most 300 characters: nothing of the SDK's complaints where that was no XML. */
export function saidMessage({ message }: Error): string {
  if (/XML parse error|Deserialization error/.test(message))
    return 'with something that is no answer of its kind';
  return message.split('\n')[0]?.slice(0, 300) ?? '';
}
