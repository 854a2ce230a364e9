import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'

import { freePorts, temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { startAndFail, startSignalbox } from './signalbox-process.ts'

test('a busy port is one clear line, and nothing is left running', async () => {
  await using folder = await temporaryFolder()
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const { port } = holder.address() as AddressInfo
  const ports = await freePorts(6)
  ports[0] = port

  const { code, output } = await startAndFail({ dataDir: folder.path, ports })
  expect(code).toBe(1)
  expect(output).toContain(`port ${port} on 127.0.0.1 is taken: stop what listens there, or set another port`)
  expect(output).not.toContain('    at ')
  holder.close()
})

test('a data folder that cannot be written is one clear line', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'a-file')
  await writeFile(file, '')
  const { code, output } = await startAndFail({ dataDir: join(file, 'data') })
  expect(code).toBe(1)
  expect(output).toMatch(/the data folder .* cannot be written \(ENOTDIR\): give it to this user, or set DATA_DIR to another/)
  expect(output).not.toContain('    at ')
})

test('wrong configuration of several services is named at once', async () => {
  await using folder = await temporaryFolder()
  const { code, output } = await startAndFail({ dataDir: folder.path, environment: { LLM_BASE_URL: 'not a url', LOG_LEVEL: 'loud' } })
  expect(code).toBe(1)
  expect(output).toContain('LLM_BASE_URL')
  expect(output).toContain('LOG_LEVEL')
})

test('an option that is not one is refused with the way to the help', async () => {
  await using folder = await temporaryFolder()
  const { code, output } = await startAndFail({ dataDir: folder.path, arguments: ['--prot', '9000'] })
  expect(code).toBe(1)
  expect(output).toContain('npm start -- --help')
})

test('SIGINT drains and ends with 0; what was made is there at the next start', async () => {
  await using folder = await temporaryFolder()
  const first = await startSignalbox({ dataDir: folder.path })
  expect(await first.stop('SIGINT')).toBe(0)
  expect(first.output()).toContain('Stopping')

  await using second = await startSignalbox({ dataDir: folder.path })
  expect(second.apiKey).toBe(first.apiKey)
})
