/** The part of @homebridge/dbus-native that tsrun uses; the package brings no types. */
declare module '@homebridge/dbus-native' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  interface Message {
    readonly path?: string;
    readonly destination?: string;
    readonly interface?: string;
    readonly member?: string;
    readonly signature?: string;
    readonly body?: readonly unknown[];
  }
  interface MessageBus {
    /** `error` and `message`. */
    readonly connection: EventEmitter & { end(): void };
    /** Calls a method; the results come one by one. An error is an Error or an object with the name and the text. */
    invoke(message: Message, callback: (error: unknown, ...results: unknown[]) => void): void;
    addMatch(rule: string, callback: (error: unknown) => void): void;
  }
  export function createClient(options: { readonly stream: Socket }): MessageBus;
}
