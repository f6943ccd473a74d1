/** tsrun-oci run: create and start; in the foreground also wait and delete. */
import { createContainer } from '../../../container/oci/create.ts';
import { runContainer } from '../../../container/oci/run.ts';
import { ForegroundSignals } from '../../../process/foreground-signals.ts';
import { exitCodeOfContainer } from '../../exit-code.ts';
import { flag } from '../../flags.ts';
import { note } from '../../output.ts';
import { isSet, type OciCommand } from '../command.ts';
import { createFlags, createRequest } from '../create-flags.ts';
import { nativeVerb } from '../native-verb.ts';
import { withWarnings } from '../report.ts';

/** Seconds a container may live on after the terminal it was started from has gone. */
const stopTimeout = 10;

export const command: OciCommand = {
  usage: '[flags] ID',
  about: 'create and start a container, and wait for its end',
  flags: [
    ...createFlags,
    flag('switch', '-d, --detach', 'do not wait', ''),
    flag('switch', '--keep', 'leave the state of a container that has ended', ''),
    flag('switch', '--no-subreaper', 'accepted: nothing of ours stays', ''),
  ],
  words: 'own',
  failure: 255,
  async run(line, session) {
    const request = createRequest(line, session);
    if (isSet(line, 'detach')) {
      await withWarnings(session.log, (notice) => createContainer(request, { notice }));
      const started = nativeVerb(session, ['start', request.id]);
      if (started === 0) return 0;
      nativeVerb({ ...session, log: { ...session.log, file: null } }, ['delete', '--force', request.id]);
      return 255;
    }
    const notice = (text: string): void => note(`tsrun-oci: ${text}`);
    const signals = new ForegroundSignals(notice);
    try {
      const exit = await runContainer(request, {
        notice,
        onLaunch: ({ kill, destroy, relaysTerminal: terminal }) =>
          signals.launched(
            { kill, destroy, freeze: async () => {}, thaw: () => {} },
            { proxy: true, stopTimeout, terminal },
          ),
      });
      if (!isSet(line, 'keep')) nativeVerb(session, ['delete', '--force', request.id]);
      return exit === null ? 255 : exitCodeOfContainer(exit);
    } finally {
      signals[Symbol.dispose]();
    }
  },
};
