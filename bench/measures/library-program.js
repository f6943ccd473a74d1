// Run by library-start.js: a number on standard input is so many containers; their milliseconds go out as one line of JSON.
import { createInterface } from 'node:readline';
import { run } from '../../dist/lib/index.js';

const image = process.argv[2] ?? '';

for await (const line of createInterface({ input: process.stdin })) {
  const samples = [];
  for (let left = Number(line); left > 0; --left) {
    const begin = performance.now();
    const container = await run(image, { command: ['/bin/true'] });
    const { exitCode } = await container.exit;
    samples.push(performance.now() - begin);
    if (exitCode !== 0) throw new Error(`true ended with ${exitCode}`);
  }
  process.stdout.write(`${JSON.stringify(samples)}\n`);
}
