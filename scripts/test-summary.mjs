// Adds up the rounds of scripts/test.sh: "N passed, N failed[, N skipped]" alone on the last line; status 1 if any failed.
//   test-summary.mjs DIRECTORY     with a NAME.json (vitest's) and a NAME.status per round
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [directory] = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };

for (const file of readdirSync(directory).filter((name) => name.endsWith('.status'))) {
  const name = file.slice(0, -'.status'.length);
  const status = readFileSync(join(directory, file), 'utf8').trim();
  const report = join(directory, `${name}.json`);
  const counted = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : { testResults: [] };
  const tests = counted.testResults.flatMap((suite) => suite.assertionResults);
  const failed = tests.filter((test) => test.status === 'failed').length;
  // A file that cannot be loaded has no tests, and the final check of the machine is not a test: the status tells.
  const brokenFiles = counted.testResults.filter(
    (suite) => suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const unexplained = status !== '0' && failed + brokenFiles === 0 ? 1 : 0;
  const round = {
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: failed + brokenFiles + unexplained,
    skipped: tests.filter((test) => !['passed', 'failed'].includes(test.status)).length,
  };
  console.log(`${name}: ${round.passed} passed, ${round.failed} failed, ${round.skipped} skipped`);
  for (const key of Object.keys(total)) total[key] += round[key];
}

console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
// No test at all is not a pass.
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
