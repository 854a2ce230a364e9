import { expect, test } from 'vitest'

import { toVisiblePieces } from './visible-text.ts'

test.each([
  ['plain text, in any script', 'Grüße, שלום, 你好\nand so on', 'Grüße, שלום, 你好\nand so on'],
  ['a picture in colour', 'done ❤️', 'done ❤️'],
  ['an override of the direction', 'user\u202egpj.exe', 'user[RIGHT-TO-LEFT OVERRIDE]gpj.exe'],
  ['what has no width', 'pay\u200bpal', 'pay[ZERO WIDTH SPACE]pal'],
  ['terminal sequences', '\u001b[31mred', '[ESC][31mred'],
  ['a line that hides the one before', 'rm -rf /\rls', 'rm -rf /[CR]ls'],
  ['blank letters', 'a\u3164b\u2800c', 'a[U+3164]b[U+2800]c'],
  ['tags, in which text can be hidden', `hi${String.fromCodePoint(0xe0041)}`, 'hi[U+E0041]'],
  ['variation selectors after no picture', 'a\ufe00\ufe0f', 'a[U+FE00][U+FE0F]'],
  ['half a surrogate pair', 'a\ud800b', 'a[U+D800]b'],
  ['a host that looks like another', 'see https://\u0430pple.com/login', 'see https://\u0430pple.com[is xn--pple-43d.com]/login'],
  ['a host before which a name stands', 'https://apple.com@\u0430pple.com/', 'https://apple.com@\u0430pple.com[is xn--pple-43d.com]/'],
  ['a plain host', 'see https://apple.com/ä', 'see https://apple.com/ä'],
  ['marks on marks', `z${'\u0301'.repeat(40)}!`, `z${'\u0301'.repeat(4)}[more marks]!`],
  ['nothing', '', ''],
])('%s', (_name, text, shown) => {
  const pieces = toVisiblePieces(text)
  expect(pieces.map((piece) => (piece.type === 'text' ? piece.text : `[${piece.label}]`)).join('')).toBe(shown)
})
