import { RepositoryError } from '../errors.ts';

/** Loads a package that only some users install. Throws STORAGE_UNSUPPORTED, saying what to install, when it is missing. */
export async function optionalPackage<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    const message = `this kind of storage needs the package ${name}: install it with \`npm install ${name}\``;
    throw new RepositoryError('STORAGE_UNSUPPORTED', message, { package: name }, error);
  }
}
