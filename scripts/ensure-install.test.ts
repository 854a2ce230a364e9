import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { fingerprint, isCurrent, nodeFault } from './ensure-install.mjs'

test('an installation is current until the lockfile or any workspace’s manifest changes', async () => {
  await using folder = await temporaryFolder()
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(join(folder.path, path, '..'), { recursive: true })
    await writeFile(join(folder.path, path), text)
  }
  await put('package.json', '{"workspaces":["packages/*"]}')
  await put('package-lock.json', '{}')
  await put('packages/a/package.json', '{"name":"a"}')
  expect(isCurrent(folder.path)).toBe(false)

  await put('node_modules/.bin/node', '')
  await put('node_modules/.signalbox-install', fingerprint(folder.path))
  expect(isCurrent(folder.path)).toBe(true)
  await put('packages/a/package.json', '{"name":"a","version":"2.0.0"}')
  expect(isCurrent(folder.path)).toBe(false)
})

test('a Node that is too old is told so in one line; all others are not', () => {
  expect(nodeFault('v18.20.0')).toMatch(/needs Node 20 or newer.*this is v18\.20\.0/)
  expect(nodeFault('v20.0.0')).toBeUndefined()
  expect(nodeFault('v26.10.0')).toBeUndefined()
})
