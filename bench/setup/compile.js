// The C programs of the bench, built into its workspace when they are needed.
import { basename } from 'node:path';

/**
 * @param {import('./workspace.js').Workspace} workspace
 * @param {string} source names the program
 * @param {...string} more sources
 * @returns {Promise<string>} path of the program
 */
export async function compile(workspace, source, ...more) {
  const program = workspace.at(basename(source, '.c'));
  const { status, stderr } = await workspace.execute(['gcc', '-O2', '-static', '-o', program, source, ...more]);
  if (status !== 0) throw new Error(`gcc cannot compile ${source}:\n${stderr}`);
  return program;
}
