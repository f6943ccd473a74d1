import { expect, test } from 'vitest';
import { compileTemplate } from './template.ts';

const record = { ID: 'abc', Config: { Env: ['A=1'], User: '' }, Size: 7 };

test.each([
  ['{{.ID}}', 'abc'],
  ['{{ .ID }}\\t{{.Size}}', 'abc\t7'],
  ['{{json .Config.Env}}', '["A=1"]'],
  ['{{.Config.Env}}', '["A=1"]'],
  ['{{upper .ID}}', 'ABC'],
  ['{{json .}}', JSON.stringify(record)],
  ['no fields', 'no fields'],
  ['{{.Config.User}}|', '|'],
])('%s gives %s', (text, expected) => {
  expect(compileTemplate(text)(record)).toBe(expected);
});

test.each([
  ['{{range .Config.Env}}x{{end}}', 'cannot understand {{range .Config.Env}}'],
  ['{{.ID', 'cannot understand --format'],
  ['{{.ID}} {{.Size', 'cannot understand --format'],
  ['{{.id}}', 'there is no field "id"'],
  ['{{.Config.Evn}}', 'there is no field "Evn"'],
  ['{{.ID.X}}', 'there is no field "X"'],
])('%s is refused', (text, message) => {
  expect(() => compileTemplate(text)(record)).toThrow(message);
});
