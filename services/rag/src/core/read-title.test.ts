import { expect, test } from 'vitest'

import { readTitle } from './read-title.ts'

test.each([
  ['---\ntitle: "Named"\n---\n# Other', 'Named'],
  ['---\n# a comment\ndraft: true\n---\n# Heading', 'Heading'],
  ['# First *heading*\n\ntext', 'First *heading*'],
  ['Words first.\n\n## Then a heading ##\n', 'Then a heading'],
  ['Underlined\n==========\n\ntext', 'Underlined'],
  ['= AsciiDoc title\n\ntext', 'AsciiDoc title'],
  ['no heading', 'workers'],
  ['a rule\n\n---\n\nis no heading', 'workers'],
])('a document’s title: %j', (text, title) => {
  expect(readTitle(text, 'guide/workers.md')).toBe(title)
})
