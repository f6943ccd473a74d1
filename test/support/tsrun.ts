/** Runs the built command as a person would, and waits for what it prints. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { tsrunPath } from './fixture.ts';

/** How a command ended. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** null: ended by a signal. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Settings {
  /** Standard input; nothing by default, at its end at once. */
  readonly input?: string | Buffer;
  /** Added to this process's environment; undefined removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** Runs a command whose output is small and waits for its end. */
export async function tsrun(args: readonly string[], settings: Settings = {}): Promise<Outcome> {
  const running = startTsrun(args, settings);
  running.end(settings.input);
  return await running.outcome;
}

/** Starts a command and leaves its standard input open. */
export function startTsrun(args: readonly string[], settings: Settings = {}): Running {
  return new Running(spawn(tsrunPath, args, { cwd: settings.cwd, env: { ...process.env, ...settings.env } }));
}

export interface TerminalSettings extends Settings {
  readonly rows?: number;
  readonly columns?: number;
}

/** Starts tsrun on a pseudo-terminal; standard output is what the terminal shows, standard error is empty. */
export function startOnTerminal(args: readonly string[], settings: TerminalSettings = {}): RunningOnTerminal {
  return startProgramOnTerminal([tsrunPath, ...args], settings);
}

/** The same for any program: a shell that runs tsrun as a job, for example. */
export function startProgramOnTerminal(argv: readonly string[], settings: TerminalSettings = {}): RunningOnTerminal {
  const { rows = 24, columns = 80 } = settings;
  const command = [join(import.meta.dirname, 'terminal.py'), String(rows), String(columns), ...argv];
  return new RunningOnTerminal(
    spawn('python3', command, {
      cwd: settings.cwd,
      env: { ...process.env, TERM: 'xterm', ...settings.env },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    }),
  );
}

/** A command under way. */
export class Running {
  readonly outcome: Promise<Outcome>;
  /** Standard output when it is no text, at its end. */
  readonly bytes: Promise<Buffer>;
  protected readonly child: ChildProcess;
  private seen = '';
  private errors = '';
  private readonly watchers = new Set<() => void>();
  private ended = false;

  constructor(child: ChildProcess) {
    this.child = child;
    this.bytes = collectBytes(child.stdout);
    this.collect(child.stdout, (text) => {
      this.seen += text;
    });
    this.collect(child.stderr, (text) => {
      this.errors += text;
    });
    // A command that has ended does not read on: EPIPE is its business.
    child.stdin?.on('error', () => {});
    this.outcome = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) => {
        this.ended = true;
        this.wake();
        resolve({ stdout: this.seen, stderr: this.errors, exitCode, signal });
      });
    });
  }

  /** What it has printed to standard output so far. */
  get output(): string {
    return this.seen;
  }

  /** What it prints to either, from its beginning. */
  get everything(): string {
    return this.seen + this.errors;
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the command was not started');
    return this.child.pid;
  }

  /** Resolves once standard output or error contains the text; rejects when the command ends without it. */
  async until(text: string | RegExp): Promise<void> {
    const found = (): boolean =>
      [this.seen, this.errors].some((all) => (typeof text === 'string' ? all.includes(text) : text.test(all)));
    while (!found()) {
      if (this.ended)
        throw new Error(`the command ended without printing ${String(text)}:\n${this.seen}${this.errors}`);
      await new Promise<void>((resolve) => this.watchers.add(resolve));
    }
  }

  write(text: string): void {
    this.child.stdin?.write(text);
  }

  /** Reads no further: the command's next write to standard output fails. */
  closeOutput(): void {
    this.child.stdout?.destroy();
  }

  /** Ends standard input. */
  end(input?: string | Buffer): void {
    this.child.stdin?.end(input);
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  private collect(stream: Readable | null, add: (text: string) => void): void {
    const decoder = new StringDecoder('utf8');
    stream?.on('data', (chunk: Buffer) => {
      add(decoder.write(chunk));
      this.wake();
    });
  }

  private wake(): void {
    const waiting = [...this.watchers];
    this.watchers.clear();
    for (const resolve of waiting) resolve();
  }
}

async function collectBytes(stream: Readable | null): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => stream?.once('close', resolve));
  return Buffer.concat(chunks);
}

export class RunningOnTerminal extends Running {
  resize(rows: number, columns: number): void {
    this.control(`resize ${rows} ${columns}`);
  }

  /** Closes the terminal as a window is closed: its processes get SIGHUP. */
  hangUp(): void {
    this.control('hangup');
  }

  private control(line: string): void {
    const control = this.child.stdio[3];
    if (control && 'write' in control) control.write(`${line}\n`);
  }
}
