import { type ContentId, parseContentId, type Repository, rewriteContents } from '@holdfast/repository';
import { describe, expect, it } from 'vitest';

import { createMaintenanceRig, readSnapshots, takeSnapshot } from '../testing/maintenance-rig.ts';

const TREE = { 'a.txt': 'some text' };

function contentsOf(repository: Repository): ContentId[] {
  return [...repository.contents.list('')];
}

describe('rewriteContents', () => {
  it('moves contents to new packs', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    await takeSnapshot(repository, TREE);
    const [id = parseContentId('00')] = contentsOf(repository);
    const before = repository.contents.find(id);
    const parts = repository.maintenanceParts();
    expect(await rewriteContents(parts, [id], { deleted: 'keep', dryRun: true })).toMatchObject({ count: 1 });
    expect(repository.contents.find(id)).toEqual(before);

    expect(await rewriteContents(parts, [id], { deleted: 'keep' })).toMatchObject({ count: 1 });

    const after = repository.contents.find(id);
    expect(after?.packBlobId).not.toBe(before?.packBlobId);
    expect(after?.timestampSeconds).toBeGreaterThan(before?.timestampSeconds ?? 0);
    expect([...(await readSnapshots(repository)).values()]).toEqual([TREE]);
    await repository.close();
  });

  it('leaves deleted contents deleted unless they are to be brought back', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    await takeSnapshot(repository, TREE);
    const [id = parseContentId('00')] = contentsOf(repository);
    const { contents } = repository.writer();
    contents.delete(id);
    await contents.flush();
    const parts = repository.maintenanceParts();
    await rewriteContents(parts, [id], { deleted: 'keep' });
    expect(repository.contents.find(id)).toMatchObject({ deleted: true });
    await rewriteContents(parts, [id], { deleted: 'undelete' });
    expect(repository.contents.find(id)).toMatchObject({ deleted: false });
    expect(await rewriteContents(parts, [id], { deleted: 'undelete' })).toEqual({ count: 0, bytes: 0 });
    expect([...(await readSnapshots(repository)).values()]).toEqual([TREE]);
    await repository.close();
  });

  it('writes nothing when one of them is unknown', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    await takeSnapshot(repository, TREE);
    const unknown = parseContentId('00'.repeat(16));
    await expect(
      rewriteContents(repository.maintenanceParts(), [...contentsOf(repository), unknown], {
        deleted: 'keep',
      }),
    ).rejects.toMatchObject({ code: 'CONTENT_NOT_FOUND' });
    await repository.close();
  });
});
