/** A template's text as a tree: Go's text/template without templates by name. */
import { type Action, lex, type Piece } from './lex.ts';
import { ActionReader } from './parse-pipeline.ts';
import type { Node, Pipeline } from './syntax.ts';
import { syntaxError } from './template-error.ts';

/** @throws TsrunError USAGE with the column of what is wrong */
export function parse(text: string): readonly Node[] {
  return new Parser(text).whole();
}

interface Ended {
  readonly nodes: readonly Node[];
  /** `{{end}}` or `{{else ...}}`; null: the text has ended. */
  readonly by: { readonly word: 'end' | 'else'; readonly reader: ActionReader; readonly at: number } | null;
}

class Parser {
  readonly #text: string;
  readonly #pieces: readonly Piece[];
  #next = 0;
  #variables: string[] = ['$'];
  #ranges = 0;

  constructor(text: string) {
    this.#text = text;
    this.#pieces = lex(text);
  }

  whole(): readonly Node[] {
    const { nodes, by } = this.#list();
    if (by === null) return nodes;
    throw syntaxError(
      this.#text,
      by.at,
      `nothing is open that {{${by.word}}} could belong to`,
      'begin with {{if ...}}, {{range ...}} or {{with ...}}',
    );
  }

  #list(): Ended {
    const nodes: Node[] = [];
    for (let piece = this.#pieces[this.#next++]; piece !== undefined; piece = this.#pieces[this.#next++]) {
      if (piece.kind === 'text') {
        nodes.push(piece);
        continue;
      }
      const reader = new ActionReader(this.#text, piece, this.#variables);
      const word = reader.token?.kind === 'word' ? reader.token.text : '';
      if (word === 'end' || word === 'else') {
        reader.take('word');
        return { nodes, by: { word, reader, at: piece.at } };
      }
      nodes.push(this.#action(piece, reader, word));
    }
    return { nodes, by: null };
  }

  #action({ at }: Action, reader: ActionReader, word: string): Node {
    switch (word) {
      case 'if':
      case 'with':
        reader.take('word');
        return this.#branch(word, at, reader);
      case 'range': {
        reader.take('word');
        this.#ranges++;
        const branch = this.#branch('if', at, reader);
        this.#ranges--;
        return { ...branch, kind: 'range', at };
      }
      case 'break':
      case 'continue':
        if (this.#ranges === 0)
          throw syntaxError(
            this.#text,
            at,
            `{{${word}}} stands in no {{range}}`,
            'put it between {{range ...}} and {{end}}',
          );
        reader.take('word');
        reader.finish();
        return { kind: word };
      case 'define':
      case 'template':
      case 'block':
        throw syntaxError(
          this.#text,
          at,
          `{{${word}}} is for templates with names, and there are none here`,
          'write what it stands for in its place',
        );
    }
    const pipeline = reader.pipeline();
    reader.finish();
    return { kind: 'print', pipeline };
  }

  /** From behind the word up to the `{{end}}` that closes it; what is declared in it is known in it only. */
  #branch<Kind extends 'if' | 'with'>(
    kind: Kind,
    at: number,
    reader: ActionReader,
  ): { kind: Kind; pipeline: Pipeline; body: readonly Node[]; otherwise: readonly Node[] } {
    const known = this.#variables.length;
    const pipeline = reader.pipeline();
    reader.finish();
    const then = this.#list();
    // A range with an else ends before it.
    const otherwise = this.#otherwise(then.by, at);
    this.#variables.length = known;
    return { kind, pipeline, body: then.nodes, otherwise };
  }

  #otherwise(by: Ended['by'], at: number): readonly Node[] {
    if (by === null) throw syntaxError(this.#text, at, 'this is closed by no {{end}}', 'write {{end}} where it ends');
    if (by.word === 'end') {
      by.reader.finish();
      return [];
    }
    const word = by.reader.token?.kind === 'word' ? by.reader.token.text : '';
    if (word === 'if' || word === 'with') {
      by.reader.take('word');
      // The end of the inner one is the end of both.
      return [this.#branch(word, by.at, by.reader)];
    }
    by.reader.finish();
    const { nodes, by: end } = this.#list();
    if (end === null) throw syntaxError(this.#text, at, 'this is closed by no {{end}}', 'write {{end}} where it ends');
    if (end.word === 'else')
      throw syntaxError(
        this.#text,
        end.at,
        'a second {{else}}',
        'end what it belongs to first, or write {{else if ...}} before',
      );
    end.reader.finish();
    return nodes;
  }
}
