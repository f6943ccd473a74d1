import { describe, expect, test } from 'vitest';
import { thawCgroup, thawToEnd } from './freeze.ts';

describe('a control group that has gone', () => {
  const gone = '/sys/fs/cgroup/gone-with-its-container';

  test('cannot be thawed', async () => {
    await expect(thawCgroup(gone)).rejects.toMatchObject({
      code: 'STEP_FAILED',
      why: expect.stringContaining('ENOENT'),
    });
  });

  test('is no obstacle to the end of its processes', async () => {
    await expect(thawToEnd(gone)).resolves.toBeUndefined();
  });
});
