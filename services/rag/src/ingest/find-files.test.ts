import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { findFiles } from './find-files.ts'
import { readBatches } from './read-batches.ts'

test('a folder is walked in order: documents, but no code, no dot folders, nothing installed', async () => {
  await using folder = await filesIn({
    'docs/b.md': '',
    'docs/a.TXT': '',
    'docs/deep/c.rst': '',
    'docs/x.js': '',
    'docs/.git/d.md': '',
    'docs/node_modules/p/README.md': '',
    'docs/e.adoc': '',
    'docs/f.mdx': '',
  })
  const { files, skipped } = await findFiles([join(folder.path, 'docs')])
  expect(files.map(({ source }) => source)).toEqual(['docs/a.TXT', 'docs/b.md', 'docs/deep/c.rst', 'docs/e.adoc', 'docs/f.mdx'])
  expect(skipped).toEqual([])
})

test('what was named and cannot be taken is told of', async () => {
  await using folder = await filesIn({ 'a.md': '', 'picture.png': '', 'long.txt': 'x'.repeat(5 * 1024 * 1024 + 1) })
  const { files, skipped } = await findFiles(['a.md', 'a.md', 'picture.png', 'long.txt', 'gone.md'].map((name) => join(folder.path, name)))
  expect(files).toEqual([{ path: join(folder.path, 'a.md'), source: 'a.md' }])
  expect(skipped.map(({ reason }) => reason)).toEqual([expect.stringContaining('not one of .md'), 'larger than 5 MB', 'there is no such file or folder'])
})

test('two files of one name are not laid over each other', async () => {
  await using folder = await filesIn({ 'one/docs/a.md': '', 'two/docs/a.md': '' })
  const { files, skipped } = await findFiles([join(folder.path, 'one/docs'), join(folder.path, 'two/docs')])
  expect(files).toHaveLength(1)
  expect(skipped[0]?.reason).toContain('called docs/a.md')
})

test('what is not UTF-8 is refused with the reason, and the rest goes on', async () => {
  await using folder = await filesIn({
    'a.txt': 'fine',
    'b.txt': Buffer.from([0x66, 0xfc, 0x72]),
    'c.txt': Buffer.from('\uFEFFwide', 'utf16le'),
    'd.txt': '\uFEFFmarked',
  })
  const { files } = await findFiles([folder.path])
  const batches = []
  for await (const batch of readBatches(files)) batches.push(batch)
  expect(batches).toHaveLength(1)
  expect(batches[0]?.documents.map(({ text }) => text)).toEqual(['fine', 'marked'])
  expect(batches[0]?.unreadable.map(({ reason }) => reason)).toEqual(['not UTF-8: save it as UTF-8', 'not text, or text in UTF-16: save it as UTF-8'])
})

async function filesIn(contents: Record<string, string | Buffer>) {
  const folder = await temporaryFolder()
  for (const [name, content] of Object.entries(contents)) {
    await mkdir(dirname(join(folder.path, name)), { recursive: true })
    await writeFile(join(folder.path, name), content)
  }
  return folder
}
