/** Networks and published ports from a program, in a network namespace that stands for a host of its own. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { repository } from '../support/fixture.ts';
import { HostNetwork } from '../support/host-network.ts';
import { busybox } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let host: HostNetwork;
beforeAll(async () => {
  host = await HostNetwork.make();
});
afterAll(() => host.dispose());
const library = pathToFileURL(join(repository, 'dist/lib/index.js')).href;
const serve = 'mkdir /www; echo hello > /www/index.html; httpd -p 80 -h /www; echo ready; exec sleep 1000';

/** What a program prints, line by line. */
async function program(body: string): Promise<readonly string[]> {
  const script = `
    import { once } from 'node:events';
    import { create, createNetwork, open, openNetwork, run, TsrunError } from ${JSON.stringify(library)};
    const image = ${JSON.stringify(busybox)};
    const serve = ${JSON.stringify(serve)};
    const say = (value) => console.log(JSON.stringify(value));
    const told = ({ code, message, why }) => say([code, message, why]);
    const get = async ({ host, port }) => (await (await fetch('http://' + host + ':' + port + '/')).text()).trim();
    ${body}`;
  // Node 20 has no `await using`.
  const { outputText } = ts.transpileModule(script, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 },
  });
  const { stdout, stderr, exitCode } = await host.run(process.execPath, '--input-type=module', '-e', outputText);
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('a network of a program', () => {
  const test = requires('root');

  test('is cut, as a whole or for one container, until the scope of the fault is left', async () => {
    const said = await program(`
      await using network = await createNetwork();
      const start = (name) => run(image, { name, network: network.name, command: ['sh', '-c', serve] });
      await using web = await start('web');
      await once(web.stdout, 'data');
      await using other = await start('other');
      const reach = async () => {
        const command = ['sh', '-c', 'nc -w 2 web 80 </dev/null'];
        return (await (await other.exec(command)).result()).exitCode === 0;
      };
      say(await reach());
      {
        await using _cut = await network.fault({ cut: true }, web);
        say(await reach());
      }
      while (!(await reach()));
      const all = await network.fault({ cut: true });
      say(await reach());
      await all[Symbol.asyncDispose]();
      await network.fault({ jitter: '1ms' }).catch(told);
      await network.disconnect(web);
      await network.fault({ cut: true }, web).catch(told);
    `);
    expect(said).toEqual([
      true,
      false,
      false,
      ['USAGE', 'jitter needs latency', expect.stringContaining('packet to packet')],
      ['CONTAINER_STATE', expect.stringContaining('cannot disturb the network'), 'the container is not on it now'],
    ]);
  });

  test('connects its containers by name, and goes with its scope', async () => {
    const said = await program(`
      {
        await using network = await createNetwork({ subnets: ['10.99.1.0/24'], labels: { of: 'test' } });
        say([network.name.startsWith('net-'), network.subnets, network.gateways, network.id.length]);
        await using web = await run(image, {
          name: 'web', network: network.name, publish: ['80'], command: ['sh', '-c', serve],
        });
        await once(web.stdout, 'data');
        say(await get(web.port(80)));
        try { web.port(81) } catch (error) { told(error) }
        const client = await run(image, { network: network.name, command: ['wget', '-qO-', 'http://web/'] });
        say((await client.result()).stdout);
        await network.remove().catch(({ code }) => say(code));
        await openNetwork(network.name).then(({ id }) => say(id === network.id));
      }
      await openNetwork('net-').catch(({ code }) => say(code));`);
    expect(said).toEqual([
      [true, ['10.99.1.0/24'], ['10.99.1.1'], 64],
      'hello',
      ['USAGE', 'port 81/tcp of container "web" is not published', 'these are: 80/tcp'],
      'hello\n',
      'NETWORK_IN_USE',
      true,
      'NETWORK_NOT_FOUND',
    ]);
    expect(await host.out('network', 'ls', '-q')).toBe('');
    expect(await host.text('ip', '-brief', 'link')).toMatch(/^lo /);
  });

  test('takes containers that live, and lets go of them', async () => {
    const said = await program(`
      await using front = await createNetwork({ name: 'front', subnets: ['10.99.2.0/24'] });
      await using back = await createNetwork({ name: 'back', subnets: ['10.99.3.0/24'], internal: true });
      await using made = await create(image, { name: 'db', network: 'front', command: ['sh', '-c', serve] });
      await back.connect(made, { ip: '10.99.3.7' });
      const db = await made.start();
      const addresses = async () =>
        (await (await db.exec(['ip', '-o', '-4', 'addr'])).result()).stdout.match(/(?<=inet )10\\.99\\.\\d\\.\\d+/g).sort();
      say(await addresses());
      await front.disconnect(db);
      say(await addresses());
      await front.connect(db, { ip: '10.99.2.9', aliases: ['store'] });
      say(await addresses());
      await front.connect(db).catch(({ code }) => say(code));
      await back.connect(db, { ip: 'x' }).catch(({ code }) => say(code));
      const stopped = await db.stop({ stopTimeout: 0 });
      try { db.port(80) } catch ({ code }) { say(code) }
      await back.disconnect(stopped);`);
    expect(said).toEqual([
      ['10.99.2.2', '10.99.3.7'],
      ['10.99.3.7'],
      ['10.99.2.9', '10.99.3.7'],
      'CONTAINER_STATE',
      'USAGE',
      'CONTAINER_STATE',
    ]);
    expect(await host.out('network', 'ls', '-q')).toBe('');
  });

  test('says what is wrong with it', async () => {
    const said = await program(`
      await createNetwork({ name: 'host' }).catch(told);
      await createNetwork({ subnet: ['10.99.1.0/24'] }).catch(told);
      await createNetwork({ subnets: ['10.99.1.0'] }).catch(told);
      await createNetwork({ mtu: 1 }).catch(told);`);
    expect(said).toEqual([
      ['USAGE', 'cannot make a network "host"', 'the word has a meaning of its own for --network'],
      ['USAGE', 'unknown option "subnet" of createNetwork', 'createNetwork has no option of that name'],
      ['USAGE', 'invalid value "10.99.1.0" for subnets', 'it is not a subnet'],
      ['USAGE', 'invalid value "1" for mtu', 'it is out of range'],
    ]);
  });
});

requires('rootless', 'program-pasta')('a port that is published by pasta is told too', async () => {
  const said = await program(`
    await using web = await run(image, { network: 'pasta', publish: ['80'], command: ['sh', '-c', serve] });
    await once(web.stdout, 'data');
    say(web.port(80).host);
    say(await get(web.port(80)));`);
  expect(said).toEqual(['127.0.0.1', 'hello']);
});
