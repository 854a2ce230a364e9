import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { lockFolder } from './folder-lock.ts'

test('one holder at a time, and the next when it lets go', async () => {
  await using folder = await temporaryFolder()
  const first = await lockFolder(folder.path, { waitMs: 0 })
  await expect(lockFolder(folder.path, { waitMs: 0 })).rejects.toThrow(`held by another process (process ${process.pid})`)
  const waiting = lockFolder(folder.path, { waitMs: 5_000 })
  await first.release()
  await (await waiting).release()
})

test('of many that find a dead one’s lock, one gets it', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'owner.lock'), JSON.stringify({ pid: process.pid, started: 'before this machine was on' }))
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder.path, { waitMs: 0 })))
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('a lock that says nothing is being written, and is nobody’s after a while', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'owner.lock')
  await writeFile(file, '')
  await expect(lockFolder(folder.path, { waitMs: 0 })).rejects.toThrow('one that has just begun')
  await utimes(file, new Date(0), new Date(0))
  await (await lockFolder(folder.path, { waitMs: 0 })).release()
})
