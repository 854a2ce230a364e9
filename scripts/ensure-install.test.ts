import { spawnSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { bundledNodeFault, fingerprint, holdsTheLockfile, installFault, isAbandoned, isCurrent, nodeFault } from './ensure-install.mjs'

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

test('packages installed by hand are not installed again, unless one differs from the lockfile, is gone, or is not in it', async () => {
  await using folder = await temporaryFolder()
  const put = async (path: string, content: unknown): Promise<void> => {
    await mkdir(join(folder.path, path, '..'), { recursive: true })
    await writeFile(join(folder.path, path), JSON.stringify(content))
  }
  const root = { dependencies: { one: '1.0.0' } }
  const one = { version: '1.0.0', integrity: 'sha512-a' }
  await put('package.json', { ...root, scripts: { start: 'anything' } })
  await put('package-lock.json', { packages: { '': root, 'node_modules/one': one, 'node_modules/for-another-system': { version: '1.0.0', optional: true } } })
  await put('node_modules/one/package.json', {})
  expect(holdsTheLockfile(folder.path), 'a half-made installation has no list of its own').toBe(false)

  await put('node_modules/.package-lock.json', { packages: { 'node_modules/one': one } })
  expect(holdsTheLockfile(folder.path)).toBe(true)
  await put('package.json', { dependencies: { one: '1.0.0', two: '1.0.0' } })
  expect(holdsTheLockfile(folder.path), 'the manifest asks for more').toBe(false)
  await put('package.json', root)
  await put('node_modules/.package-lock.json', { packages: { 'node_modules/one': { ...one, version: '1.0.1' } } })
  expect(holdsTheLockfile(folder.path), 'another version lies there').toBe(false)
  await put('node_modules/.package-lock.json', { packages: { 'node_modules/one': one } })
  await rm(join(folder.path, 'node_modules/one'), { recursive: true })
  expect(holdsTheLockfile(folder.path), 'the package is gone').toBe(false)
})

test('the installation’s own Node must be a 24', () => {
  expect(bundledNodeFault('v24.21.0')).toBeUndefined()
  expect(bundledNodeFault('v20.20.2')).toMatch(/is v20\.20\.2, not v24.*allowScripts/)
  expect(bundledNodeFault(undefined)).toMatch(/is missing.*ignore-scripts false/)
})

test('a lock is abandoned when its holder is dead, and not while it lives or is just being made', async () => {
  await using folder = await temporaryFolder()
  expect(isAbandoned(folder.path)).toBe(false)
  await writeFile(join(folder.path, 'pid'), String(process.pid))
  expect(isAbandoned(folder.path)).toBe(false)
  const { pid } = spawnSync(process.execPath, ['--version'])
  await writeFile(join(folder.path, 'pid'), String(pid))
  expect(isAbandoned(folder.path)).toBe(true)
})

test('a failed installation tells npm’s reason and what to do, and leaves npm’s usage text out', () => {
  const outOfSync = installFault(
    1,
    'npm error code EUSAGE\nnpm error\nnpm error package.json and package-lock.json are not in sync.\nnpm error Missing: a@1 from lock file\nnpm error Clean install a project\nnpm error --workspaces',
  )
  expect(outOfSync).toContain('Missing: a@1')
  expect(outOfSync).not.toContain('--workspaces')
  expect(outOfSync).toMatch(/run npm install/)
  expect(installFault(1, 'npm error code ENOTFOUND\n')).toMatch(/ENOTFOUND\nCheck that the package registry can be reached/)
})
