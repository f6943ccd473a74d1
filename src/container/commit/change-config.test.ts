import { describe, expect, test } from 'vitest';
import { changeConfig } from './change-config.ts';

test.each([
  ['CMD ["nginx", "-g"]', { Cmd: ['nginx', '-g'] }],
  ['cmd echo "$A" | cat', { Cmd: ['/bin/sh', '-c', 'echo "$A" | cat'] }],
  ['ENTRYPOINT ["/x"]', { Entrypoint: ['/x'], Cmd: null }],
  ['ENV A=1 B="two words" C=$OLD/x', { Env: ['OLD=o', 'A=1', 'B=two words', 'C=o/x'] }],
  ['ENV A two words', { Env: ['OLD=o', 'A=two words'] }],
  ['ENV OLD=new', { Env: ['OLD=new'] }],
  ["LABEL a=b c='$OLD'", { Labels: { a: 'b', c: '$OLD' } }],
  ['EXPOSE 80 53/UDP', { ExposedPorts: { '80/tcp': {}, '53/udp': {} } }],
  ['VOLUME ["/a", "/b c"]', { Volumes: { '/a': {}, '/b c': {} } }],
  ['VOLUME /a /b', { Volumes: { '/a': {}, '/b': {} } }],
  ['USER 1000:1000', { User: '1000:1000' }],
  ['WORKDIR below', { WorkingDir: '/srv/below' }],
  [`WORKDIR /\${OLD:-x}/\${NONE:-y}`, { WorkingDir: '/o/y' }],
  ['STOPSIGNAL SIGQUIT', { StopSignal: 'SIGQUIT' }],
  ['ONBUILD RUN make', { OnBuild: ['RUN make'] }],
  ['HEALTHCHECK NONE', { Healthcheck: { Test: ['NONE'] } }],
  [
    'HEALTHCHECK --interval=1m30s --retries=3 CMD curl -f http://localhost',
    { Healthcheck: { Test: ['CMD-SHELL', 'curl -f http://localhost'], Interval: 90e9, Retries: 3 } },
  ],
])('%s', (instruction, expected) => {
  const before = { Env: ['OLD=o'], WorkingDir: '/srv', Cmd: ['old'] };
  expect(changeConfig(before, [instruction])).toEqual({ ...before, ...expected });
});

test('a new entrypoint keeps the command that was set beside it', () => {
  expect(changeConfig({}, ['CMD ["a"]', 'ENTRYPOINT ["b"]'])).toEqual({ Cmd: ['a'], Entrypoint: ['b'] });
  expect(changeConfig({}, ['ENTRYPOINT ["b"]\nCMD ["a"]'])).toEqual({ Cmd: ['a'], Entrypoint: ['b'] });
});

describe('refused', () => {
  test.each(['FROM x', 'RUN make', 'ENV', 'ENV A', 'EXPOSE x', 'STOPSIGNAL NOSUCH', 'HEALTHCHECK x', 'USER a b'])(
    '%s',
    (instruction) => {
      expect(() => changeConfig({}, [instruction])).toThrow(expect.objectContaining({ code: 'USAGE' }));
    },
  );
});
