/** tsrun-oci exec: one more process in a container, described by a file or by flags. */
import { resolve } from 'node:path';
import { readProcess } from '../../../bundle/read-process.ts';
import { execInContainer } from '../../../container/oci/exec.ts';
import { ForegroundSignals } from '../../../process/foreground-signals.ts';
import { exitCodeOfContainer } from '../../exit-code.ts';
import { flag } from '../../flags.ts';
import { note } from '../../output.ts';
import { isSet, lastOf, type OciCommand } from '../command.ts';
import { processFromFlags } from '../exec-process.ts';
import { firstWord } from '../one-word.ts';
import { preservedFds } from '../preserved-fds.ts';
import { withWarnings } from '../report.ts';

/** Seconds a command may live on after the terminal it was started from has gone. */
const stopTimeout = 10;

export const command: OciCommand = {
  usage: '[flags] ID [COMMAND ARG...]',
  about: 'run a command in a container',
  flags: [
    flag('value', '-p, --process FILE', 'process.json with everything else', ''),
    flag('switch', '-d, --detach', 'do not wait', ''),
    flag('switch', '-t, --tty', 'give it a terminal', ''),
    flag('value', '--console-socket PATH', 'socket that gets the terminal', ''),
    flag('value', '--pidfd-socket PATH', 'socket that gets a pidfd of the process', ''),
    flag('value', '--pid-file FILE', 'where to write its pid', ''),
    flag('value', '--preserve-fds N', 'how many descriptors behind standard error are handed on', ''),
    flag('value', '--cgroup PATH', "a group below the container's", ''),
    flag('list', '-e, --env NAME=VALUE', 'add to the environment', ''),
    flag('value', '--cwd DIR', 'its working directory', ''),
    flag('value', '-u, --user UID[:GID]', 'who runs it', ''),
    flag('list', '-g, --additional-gids GID', 'add a group', ''),
    flag('list', '-c, --cap CAPABILITY', 'add a capability', ''),
    flag('switch', '--no-new-privs', 'no gain of privileges by execve', ''),
    flag('value', '--apparmor PROFILE', 'its AppArmor profile', ''),
    flag('value', '--process-label LABEL', 'its SELinux label', ''),
    flag('switch', '--ignore-paused', 'also in a paused container', ''),
    flag('switch', '--no-subreaper', 'accepted: nothing of ours stays', ''),
  ],
  words: 'command',
  failure: 255,
  async run(line, session) {
    const [id, argv] = firstWord(line, 'exec takes an id and a command');
    const file = lastOf(line, 'process');
    const pidFile = lastOf(line, 'pid-file');
    const notice = (text: string): void => note(`tsrun-oci: ${text}`);
    const signals = new ForegroundSignals(notice);
    try {
      const exec = (say: (text: string) => void): ReturnType<typeof execInContainer> =>
        execInContainer(
          {
            root: session.root,
            id,
            process: (config) => (file === null ? processFromFlags(line, argv, config) : readProcess(file)),
            detach: isSet(line, 'detach'),
            consoleSocket: lastOf(line, 'console-socket'),
            pidfdSocket: lastOf(line, 'pidfd-socket'),
            pidFile: pidFile === null ? null : resolve(pidFile),
            // Sockets are PID 1's: by which pid another command would be told of them, nobody knows beforehand.
            preserved: preservedFds(line, 0),
            subgroup: lastOf(line, 'cgroup') ?? '',
            ignorePaused: isSet(line, 'ignore-paused'),
          },
          {
            notice: say,
            onLaunch: ({ kill, destroy, relaysTerminal: terminal }) =>
              signals.launched(
                { kill, destroy, freeze: async () => {}, thaw: () => {} },
                { proxy: true, stopTimeout, terminal },
              ),
          },
        );
      const exit = isSet(line, 'detach') ? await withWarnings(session.log, exec) : await exec(notice);
      return exit === null ? 0 : exitCodeOfContainer(exit);
    } finally {
      signals[Symbol.dispose]();
    }
  },
};
