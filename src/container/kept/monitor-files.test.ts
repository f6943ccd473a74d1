import { expect, test } from 'vitest';
import { parseEnd, parseRunning } from './monitor-files.ts';

const running =
  'tsrun-running 1\npid 42\nstart-time 1234567\nmonitor 41\nmonitor-start-time 1234560\n' +
  'boot 0f3b\nstarted 2026-01-02T03:04:05.123456789Z\nend\n';
const ended = 'tsrun-exit 1\nwait-status 256\noom-kills 2\nfinished 2026-01-02T03:04:06.123456789Z\nend\n';

test('what the monitor wrote comes back', () => {
  expect(parseRunning(running)).toEqual({
    process: { pid: 42, startTime: 1_234_567 },
    monitor: { pid: 41, startTime: 1_234_560 },
    boot: '0f3b',
    started: '2026-01-02T03:04:05.123456789Z',
  });
  expect(parseEnd(ended)).toEqual({
    type: 'seen',
    exitCode: 1,
    signal: null,
    oomKills: 2,
    finished: '2026-01-02T03:04:06.123456789Z',
  });
  expect(parseEnd('tsrun-exit-lost 1\nfinished 2026-01-02T03:04:06Z\nend\n')).toEqual({
    type: 'lost',
    finished: '2026-01-02T03:04:06Z',
  });
});

test('what was cut short is nothing', () => {
  for (let end = 0; end < running.length; end++) expect(parseRunning(running.slice(0, end))).toBeNull();
  for (let end = 0; end < ended.length; end++) expect(parseEnd(ended.slice(0, end))).toBeNull();
});

test('another file, another version, another key and another order are nothing', () => {
  expect(parseRunning(ended)).toBeNull();
  expect(parseRunning(running.replace('running 1', 'running 2'))).toBeNull();
  expect(parseRunning(running.replace('boot', 'root'))).toBeNull();
  expect(parseRunning(running.replace('pid 42\nstart-time 1234567\n', 'start-time 1234567\npid 42\n'))).toBeNull();
  expect(parseRunning(running.replace('end\n', 'more 1\nend\n'))).toBeNull();
});
