/**
 * A screen of a terminal that is drawn over and over, as top(1) does, on the other of its two screens: what was on it is there again
 * afterwards. Ends with q or Ctrl-C; Ctrl-Z stops the command as any job.
 */

/** xterm's control sequences, which every terminal of today knows: the other screen, and the cursor. */
const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const restOfLine = '\u001b[K';
const restOfScreen = '\u001b[J';

/** Ctrl-C and Ctrl-\ make no signals in raw mode, nor does Ctrl-Z. */
const enough = ['q', 'Q', '\u0003', '\u001c'];
const suspend = '\u001a';

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

export class LiveScreen implements Disposable {
  /** Fires when the person has seen enough. */
  readonly ended: AbortSignal;
  readonly #ending = new AbortController();
  #text = '';
  #shown = false;

  constructor() {
    this.ended = this.#ending.signal;
    for (const name of endings) process.on(name, this.#end);
    process.stdout.on('resize', this.#redraw);
    // The terminal has gone.
    process.stdout.on('error', this.#end);
    process.on('SIGCONT', this.#show);
    process.stdin.on('data', this.#key);
    process.stdin.on('error', this.#end);
    this.#show();
  }

  /** What is beyond the terminal's size is left out. */
  draw(text: string): void {
    this.#text = text;
    this.#redraw();
  }

  [Symbol.dispose](): void {
    for (const name of endings) process.off(name, this.#end);
    process.off('SIGCONT', this.#show);
    process.stdout.off('resize', this.#redraw);
    process.stdin.off('data', this.#key);
    this.#hide();
    process.stdin.destroy();
  }

  readonly #end = (): void => this.#ending.abort();

  readonly #show = (): void => {
    // In raw mode a key is here at once and writes nothing.
    if (process.stdin.isTTY) process.stdin.setRawMode(true);
    process.stdin.resume();
    process.stdout.write(enter);
    this.#shown = true;
    this.#redraw();
  };

  #hide(): void {
    if (!this.#shown) return;
    this.#shown = false;
    process.stdout.write(leave);
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdin.pause();
  }

  readonly #key = (data: Buffer): void => {
    const keys = data.toString('latin1');
    if (enough.some((key) => keys.includes(key))) this.#end();
    else if (keys.includes(suspend)) {
      this.#hide();
      process.kill(process.pid, 'SIGSTOP');
    }
  };

  readonly #redraw = (): void => {
    if (!this.#shown) return;
    const { rows = 24, columns = 80 } = process.stdout;
    const lines = this.#text.split('\n').slice(0, rows);
    const drawn = lines.map((line) => `${line.slice(0, columns)}${restOfLine}`).join('\r\n');
    process.stdout.write(`${home}${drawn}${restOfScreen}`);
  };
}
