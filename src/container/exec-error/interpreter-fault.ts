/** What is wrong with the interpreter that a script's first line names. */
import type { FindNext } from './content-fault.ts';
import { type Fault, pathDirectories, type Scene } from './fault.ts';
import { walk } from './walk.ts';
import { quote } from './words.ts';

/** @param script the script's name, quoted */
export function interpreterFault(scene: Scene, script: string, interpreter: string, next: FindNext): Fault | null {
  const fault = next(interpreter);
  if (fault === null) return null;
  if (fault.errno === 'ELOOP') return { ...fault, why: `${script} and its interpreters lead in a circle` };
  // Also for ENOENT: the interpreter may be there and lack its own loader, or be a link to nothing.
  if (fault.present) {
    const why = `${script} names the interpreter ${quote(interpreter)}, which cannot be used: ${fault.why}`;
    return { errno: fault.errno, why, hint: fault.hint, present: true };
  }
  if (interpreter.endsWith('\r')) {
    return {
      errno: 'ENOENT',
      why: `${script} has Windows line ends, so the kernel looked for the interpreter ${quote(interpreter)}`,
      hint: "remove the carriage returns: sed -i 's/\\r$//', dos2unix, or autocrlf in git",
      present: true,
    };
  }
  const why = `${script} is there, but the interpreter ${quote(interpreter)} of its first line is not`;
  return { errno: 'ENOENT', why, hint: elsewhere(scene, interpreter), present: true };
}

/** The interpreter may stand in another directory, and nearly every image has a plain shell. */
function elsewhere(scene: Scene, interpreter: string): string | null {
  const name = interpreter.slice(interpreter.lastIndexOf('/') + 1);
  for (const directory of pathDirectories(scene)) {
    const candidate = `${directory}/${name}`;
    if (walk(scene.files, candidate, scene.who).type === 'there') {
      return `the image has ${quote(candidate)}: write ${quote(`#!${candidate}`)} or ${quote(`#!/usr/bin/env ${name}`)}`;
    }
  }
  const shell = /^(ba|da|k|z|a)sh$/.test(name) && walk(scene.files, '/bin/sh', scene.who).type === 'there';
  return shell
    ? `install ${quote(name)} in the image, or write the script for "/bin/sh", which it has`
    : `install ${quote(name)} in the image`;
}
