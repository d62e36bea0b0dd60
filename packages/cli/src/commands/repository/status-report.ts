import {
  encodeEpochParameters,
  type Connection,
  type GoJsonObject,
  type OpenedFormat,
} from '@holdfast/repository';
import { bytesText, durationText } from '../../output/units.ts';
import type { OpenedRepository } from '../../session/open.ts';
import { type Capacity, providerOf } from '../../storage/provider.ts';

/** The status as kopia's JSON. Source: kopia cli/command_repository_status.go. */
export async function statusJson({
  repository,
  connection,
  connectionFile,
}: OpenedRepository): Promise<GoJsonObject> {
  const { blob, format, retention } = repository.opened;
  return {
    configFile: connectionFile,
    uniqueIDHex: Buffer.from(blob.uniqueId).toString('hex'),
    clientOptions: clientOptions(connection),
    storage: { type: connection.storage.type, config: withoutSecrets(connection) },
    volume: capacityJson(await capacityOf(connection)),
    contentFormat: contentFormat(format),
    objectFormat: { splitter: format.splitter },
    blobRetention: retention
      ? { retentionMode: retention.mode, retentionPeriod: retention.periodMs * NS_PER_MS }
      : {},
  };
}

/** The status for people. */
export async function statusLines(opened: OpenedRepository): Promise<string[]> {
  const { connection, repository } = opened;
  const { blob, format, retention } = repository.opened;
  const capacity = await capacityOf(connection);
  const features = format.requiredFeatures.map(({ feature }) => feature);
  return table([
    ['Config file', opened.connectionFile],
    ['Description', connection.description],
    ['Hostname', connection.hostname],
    ['Username', connection.username],
    ['Read-only', String(connection.readonly)],
    [],
    ['Storage type', connection.storage.type],
    ['Storage capacity', capacity ? bytesText(capacity.capacity) : 'unbounded'],
    ...(capacity ? [['Storage available', bytesText(capacity.available)]] : []),
    ['Storage config', JSON.stringify(withoutSecrets(connection))],
    [],
    ['Unique ID', Buffer.from(blob.uniqueId).toString('hex')],
    ['Hash', format.hash],
    ['Encryption', format.encryption],
    ['Error correction', format.ecc === '' ? 'none' : `${format.ecc}, ${format.eccOverheadPercent}%`],
    ['Splitter', format.splitter],
    ['Format version', String(format.formatVersion)],
    ['Content compression', String(format.indexVersion >= 2)],
    ['Password changes', String(format.enablePasswordChange)],
    ...(features.length > 0 ? [['Required features', features.join(' ')]] : []),
    ['Max pack length', bytesText(format.maxPackSize)],
    ['Index format', `v${format.indexVersion}`],
    ['Epoch manager', format.epochParameters.enabled ? 'enabled' : 'disabled'],
    ['Retention', retention ? `${retention.mode}, ${durationText(retention.periodMs)}` : 'none'],
  ]);
}

const NS_PER_MS = 1_000_000;

function clientOptions(connection: Connection): GoJsonObject {
  const { readonly, description, formatBlobCacheMs } = connection;
  return {
    hostname: connection.hostname,
    username: connection.username,
    readonly: readonly || undefined,
    description: description || undefined,
    enableActions: connection.enableActions,
    formatBlobCacheDuration: formatBlobCacheMs * NS_PER_MS || undefined,
    throttlingLimits: connection.unknown['throttlingLimits'],
  };
}

function contentFormat(format: OpenedFormat['format']): GoJsonObject {
  return {
    hash: format.hash || undefined,
    encryption: format.encryption || undefined,
    ecc: format.ecc || undefined,
    eccOverheadPercent: format.eccOverheadPercent || undefined,
    version: format.formatVersion || undefined,
    maxPackSize: format.maxPackSize || undefined,
    indexVersion: format.indexVersion || undefined,
    epochParameters: encodeEpochParameters(format.epochParameters),
    enablePasswordChange: format.enablePasswordChange,
  };
}

function withoutSecrets({ storage }: Connection): GoJsonObject {
  const secrets = providerOf(storage)?.secrets ?? [];
  const shown = Object.entries(storage.config).map(([key, value]) => [
    key,
    secrets.includes(key) ? '***' : value,
  ]);
  return Object.fromEntries(shown);
}

async function capacityOf({ storage }: Connection): Promise<Capacity | undefined> {
  return await providerOf(storage)?.capacity(storage);
}

function capacityJson(capacity: Capacity | undefined): GoJsonObject | undefined {
  return capacity && { capacity: capacity.capacity, available: capacity.available };
}

function table(rows: readonly (readonly string[])[]): string[] {
  return rows.map(([name, value]) => (name === undefined ? '' : `${name}:`.padEnd(21) + value));
}
