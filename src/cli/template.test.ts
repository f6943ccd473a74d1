import { describe, expect, test } from 'vitest';
import type { TsrunError } from '../errors/tsrun-error.ts';
import { compileHeading, compileTemplate } from './template.ts';

const record = {
  ID: 'abcdef0123456789',
  Names: ['web', 'db'],
  None: [],
  Nothing: null,
  N: 7,
  Labels: { b: '2', a: '1', 'com.x/y': 'z' },
  NoLabels: {},
  State: { Running: true, Paused: false, Status: 'running' },
  Mounts: [
    { Source: '/a', Destination: '/b', RW: true },
    { Source: '/c', Destination: '/d', RW: false },
  ],
  Ports: { '80/tcp': [{ HostPort: '8080' }] },
  Label: (name: unknown) => (name === 'a' ? '1' : ''),
};

/** What Go's text/template gives for the same record. */
const asInGo: readonly (readonly [string, string])[] = [
  ['no fields', 'no fields'],
  ['{{.ID}} {{ .State.Status }}', 'abcdef0123456789 running'],
  ['{{.Names}} {{.Labels}} {{.N}} {{.State.Running}}', '[web db] map[a:1 b:2 com.x/y:z] 7 true'],
  ['{{.Nothing}} {{.Labels.none}}', '<no value> <no value>'],
  ['{{json .Mounts}}', '[{"Source":"/a","Destination":"/b","RW":true},{"Source":"/c","Destination":"/d","RW":false}]'],
  ['{{.State | json}}', '{"Running":true,"Paused":false,"Status":"running"}'],
  ['{{range .Mounts}}{{.Source}} {{end}}', '/a /c '],
  ['{{range $i, $m := .Mounts}}{{if $i}},{{end}}{{$m.Source}}{{if not $m.RW}}:ro{{end}}{{end}}', '/a,/c:ro'],
  ['{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}', 'a=1;b=2;com.x/y=z;'],
  ['{{range $v := .Names}}{{$v}}{{$.N}}{{end}}', 'web7db7'],
  ['{{range .None}}x{{else}}none{{end}}', 'none'],
  ['{{range .Names}}{{if eq . "db"}}{{break}}{{end}}{{.}}{{end}}', 'web'],
  ['{{range .Names}}{{if eq . "web"}}{{continue}}{{end}}{{.}}{{end}}', 'db'],
  ['{{if .State.Running}}up{{else}}down{{end}}', 'up'],
  ['{{if .None}}a{{else if .State.Paused}}b{{else}}c{{end}}', 'c'],
  ['{{if and .State.Running (eq .N 7) (not .State.Paused)}}yes{{end}}', 'yes'],
  ['{{if or .None .NoLabels}}yes{{else}}no{{end}}', 'no'],
  ['{{or .ID (index .None 9)}} {{and .None (index .None 9)}}', 'abcdef0123456789 []'],
  ['{{with .State}}{{.Status}}{{end}}{{with .None}}x{{else}}y{{end}}', 'runningy'],
  ['{{with $s := .State.Status}}{{$s}}{{.}}{{end}}', 'runningrunning'],
  ['{{$x := 1}}{{range .Names}}{{$x = 2}}{{end}}{{$x}}', '2'],
  ['{{$x := 1}}{{if .N}}{{$x := 2}}{{$x}}{{end}}{{$x}}', '21'],
  ['{{index .Labels "com.x/y"}} {{index .Names 1}}', 'z db'],
  ['{{(index (index .Ports "80/tcp") 0).HostPort}}', '8080'],
  ['{{len .Names}} {{len .Labels}} {{len "é"}}', '2 3 2'],
  ['{{join .Names ","}} {{upper .ID | printf "%.3s"}} {{title "o\'neil of-it a_b"}}', "web,db ABC O'Neil Of-It A_b"],
  ['{{index (split "a:b" ":") 1}} {{truncate .ID 4}} {{slice .ID 0 3}} [{{pad "x" 1 2}}]', 'b abcd abc [ x  ]'],
  [
    '{{printf "%.12s|%5d|%-5d|%05d|%q|%v|%t|%x" .ID .N .N .N .ID .Names true .N}}',
    'abcdef012345|    7|7    |00007|"abcdef0123456789"|[web db]|true|7',
  ],
  ['{{printf "%s %6.2f %%" .Names 1.5}}', '[web db]   1.50 %'],
  ['{{println .N "a"}}{{print .N .N "a" "b"}}', '7 a\n7 7ab'],
  [
    '{{eq .N 1 7}} {{ne .N 7}} {{lt .N 8}} {{le "b" "a"}} {{ge .N 7}} {{gt "b" "a"}}',
    'true false true false true true',
  ],
  ['a {{- .N -}} b{{/* nothing */}}c {{- /* nothing */ -}} d', 'a7bcd'],
  [
    '{{"a\\tb"}}{{`\\t`}}{{"}}"}}{{\'a\'}} {{0x10}} {{1e3}} {{-3}} {{1234567.5}}',
    'a\tb\\t}}97 16 1000 -3 1.2345675e+06',
  ],
  ['{{html "<a>"}} {{urlquery "a b&"}}', '&lt;a&gt; a+b%26'],
];

test.each(asInGo)('%s gives what Go gives', (text, expected) => {
  expect(compileTemplate(text)(record)).toBe(expected);
});

/** docker's, whose values have types that JSON's have not; a shell's quotes keep \t from being a tab. */
test.each([
  ['{{.ID}}\\t{{.N}}\\n', 'abcdef0123456789\t7\n'],
  ['{{index .Labels "none"}}|{{index .NoLabels "none"}}', '|'],
  ['{{len .Nothing}}{{join .Nothing ","}}{{range .Nothing}}x{{end}}', '0'],
  ['{{.Label "a"}}|{{.Label "b"}}|{{"a" | .Label}}', '1||1'],
  ['{{range 3}}{{.}}{{end}}', '012'],
])('%s gives what docker gives', (text, expected) => {
  expect(compileTemplate(text)(record)).toBe(expected);
});

test('functions that change a text leave a heading as it is', () => {
  const text = 'table: {{upper .ID}} {{join .Names ","}} {{truncate .ID 3}} {{printf "%.2s" .ID}} {{.Label "a-b"}}';
  const headings = { ID: 'Container', Names: 'Names', Label: (name: unknown) => `label ${name}` };
  expect(compileHeading(text)(headings)).toBe('table: Container Names Container Co label a-b');
});

describe('says what is wrong and in which column', () => {
  test.each([
    ['{{.ID', 'cannot understand --format', 'column 1, at {{.ID: this {{ has no }}'],
    ['{{.ID}} {{.N', 'cannot understand --format', 'column 9, at {{.N: '],
    ['{{.ID} x', 'cannot understand --format', 'column 6, at } x: one } closes nothing'],
    ['{{range .Names}}x', 'cannot understand --format', 'column 1, at {{range .Names}}x: this is closed by no {{end}}'],
    ['x{{end}}', 'cannot understand --format', 'column 2, at {{end}}: nothing is open'],
    ['{{if .ID}}a{{else}}b{{else}}c{{end}}', 'cannot understand --format', 'column 21, at {{else}}c{{end}}: a second'],
    ['{{uper .ID}}', 'cannot understand --format', 'column 3, at uper .ID}}: there is no function "uper"'],
    ['{{ID}}', 'cannot understand --format', 'column 3, at ID}}: there is no function "ID"'],
    ['{{$x}}', 'cannot understand --format', 'column 3, at $x}}: there is no variable $x'],
    ['{{if .ID}}{{$x := 1}}{{end}}{{$x}}', 'cannot understand --format', 'column 31, at $x}}: there is no variable'],
    ['{{}}', 'cannot understand --format', 'column 3, at }}: a value is missing'],
    ['{{.a-b}}', 'cannot understand --format', 'column 5, at -b}}: no number and no field'],
    ['{{"a}}', 'cannot understand --format', 'column 3, at "a}}: a text begins here'],
    ['{{"\\z"}}', 'cannot understand --format', 'column 3, at "\\z"}}: a backslash'],
    ['{{(.ID}}', 'cannot understand --format', 'column 3, at (.ID}}: this ( has no )'],
    ['{{.ID)}}', 'cannot understand --format', 'column 6, at )}}: this is too much'],
    ['{{"a" .ID}}', 'cannot understand --format', 'column 3, at "a" .ID}}: a constant takes no arguments'],
    ['{{break}}', 'cannot understand --format', 'column 1, at {{break}}: {{break}} stands in no {{range}}'],
    ['{{template "x"}}', 'cannot understand --format', 'column 1, at {{template "x"}}: {{template}} is for'],
    ['{{/* c', 'cannot understand --format', 'column 3, at /* c: this comment does not end'],
    ['{{.id}}', 'there is no field "id"', 'column 3, at .id}}: the fields are ID, '],
    ['{{.State.Statsu}}', 'there is no field "Statsu"', 'column 9, at .Statsu}}: the fields are Running, '],
    ['{{.ID.X}}', 'there is no field "X"', 'column 6, at .X}}: what stands before it is a text'],
    [
      '{{index .Names 5}}',
      'cannot fill in a value',
      'column 3, at index .Names 5}}: index 5 is out of range: there are 2',
    ],
    ['{{join .ID ","}}', 'cannot fill in a value', 'column 3, at join .ID ","}}: a text stands where a list should'],
    ['{{upper .N}}', 'cannot fill in a value', 'column 3, at upper .N}}: a number stands where a text should'],
    ['{{printf "%s"}}', 'cannot fill in a value', 'column 3, at printf "%s"}}: there is no value for %s'],
    ['{{printf "%s" .N}}', 'cannot fill in a value', 'column 3, at printf "%s" .N}}: %s is not for a number'],
    ['{{printf "x" .N}}', 'cannot fill in a value', 'column 3, at printf "x" .N}}: 1 of the values has no verb'],
    ['{{eq .N "7"}}', 'cannot fill in a value', 'column 3, at eq .N "7"}}: a number and a text cannot be compared'],
    ['{{range .ID}}x{{end}}', 'cannot go through a value', 'column 1, at {{range .ID}}x{{end…: it is a text'],
    ['{{.ID .N}}', 'cannot give a value', 'column 3, at .ID .N}}: it is a text'],
    ['{{join .Names}}', 'cannot fill in a value', 'column 3, at join .Names}}: join takes 2 values and is given 1'],
  ])('%s', (text, message, why) => {
    const error = thrownBy(() => compileTemplate(text)(record));
    expect(error.message).toContain(message);
    expect(error.message).toContain(`--format '${text}'`);
    expect(error.why).toContain(why);
    expect(error.hint).toMatch(/./);
  });
});

function thrownBy(call: () => unknown): TsrunError {
  try {
    call();
  } catch (error) {
    return error as TsrunError;
  }
  throw new Error('nothing was thrown');
}
