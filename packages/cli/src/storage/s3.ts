import type { StorageLocation } from '@holdfast/repository';
import type { CliContext } from '../context.ts';
import { choice } from '../options.ts';
import { warn } from '../output/messages.ts';
import {
  addBucketFlags,
  addEnvOption,
  type BucketFlags,
  bucketMembers,
  notBoth,
  readFlagFile,
  secretOf,
  textMember,
} from './bucket-flags.ts';
import type { StorageProvider } from './provider.ts';

interface S3Flags extends BucketFlags {
  readonly bucket: string;
  readonly endpoint: string;
  readonly region?: string;
  readonly accessKey?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly disableTls?: boolean;
  readonly disableTlsVerification?: boolean;
  readonly rootCaPemBase64?: string;
  readonly rootCaPemPath?: string;
  readonly addressing?: string;
}

/** A bucket that speaks S3. Source of flags and members: kopia cli/storage_s3.go. Without keys the SDK's chain of credentials is
 *  asked each time; those of the environment are kept, so that kopia can use the connection too. */
export const s3Provider: StorageProvider = {
  type: 's3',
  description: 'an S3 bucket',
  secrets: ['secretAccessKey', 'sessionToken', 'webIdentityToken'],
  locksBlobs: true,
  addFlags: (command) => {
    command
      .requiredOption('--bucket <name>', 'name of the bucket')
      .option('--endpoint <host>', 'host and maybe port of the service', 's3.amazonaws.com')
      .option('--region <name>', 'region of the bucket');
    addEnvOption(command, '--access-key <id>', 'ID of the access key', 'AWS_ACCESS_KEY_ID');
    addEnvOption(command, '--secret-access-key <key>', 'secret access key', 'AWS_SECRET_ACCESS_KEY');
    addEnvOption(command, '--session-token <token>', 'token of a session', 'AWS_SESSION_TOKEN');
    addBucketFlags(command)
      .option('--disable-tls', 'no TLS (HTTPS)')
      .option('--disable-tls-verification', "don't verify the server's certificate");
    addEnvOption(
      command,
      '--root-ca-pem-base64 <pem>',
      'certificate authority, in base64',
      'ROOT_CA_PEM_BASE64',
    );
    command.option('--root-ca-pem-path <file>', 'file with the certificate authority');
    choice(command, '--addressing <style>', 'where requests name the bucket', ['path', 'virtual']);
  },
  location: (command, context) => locationOf(command.opts<S3Flags>(), context),
  describe: (location) => `S3: ${textMember(location, 'endpoint')} ${textMember(location, 'bucket')}`,
  capacity: () => Promise.resolve(undefined),
};

function locationOf(flags: S3Flags, context: CliContext): StorageLocation {
  if (flags.disableTlsVerification === true)
    warn(
      context,
      'anybody between here and the storage can read and change what is sent: its certificate is not verified',
    );
  return {
    type: 's3',
    config: {
      bucket: flags.bucket,
      ...bucketMembers(flags),
      endpoint: flags.endpoint,
      doNotUseTLS: flags.disableTls,
      doNotVerifyTLS: flags.disableTlsVerification,
      rootCA: rootCaOf(flags, context),
      accessKeyID: flags.accessKey ?? context.env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: secretOf(context, {
        name: 'secret-access-key',
        value: flags.secretAccessKey,
        variable: 'AWS_SECRET_ACCESS_KEY',
      }),
      sessionToken: secretOf(context, {
        name: 'session-token',
        value: flags.sessionToken,
        variable: 'AWS_SESSION_TOKEN',
      }),
      region: flags.region,
      addressing: flags.addressing,
    },
  };
}

/** In base64, as Go writes bytes. */
function rootCaOf(flags: S3Flags, context: CliContext): string | undefined {
  notBoth(['--root-ca-pem-base64', flags.rootCaPemBase64], ['--root-ca-pem-path', flags.rootCaPemPath]);
  if (flags.rootCaPemPath !== undefined) return readFlagFile(context, flags.rootCaPemPath).toString('base64');
  return flags.rootCaPemBase64 ?? context.env['ROOT_CA_PEM_BASE64'];
}
