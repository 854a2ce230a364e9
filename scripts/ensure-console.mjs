// Runs before what serves the console, after the installation: builds it where its build is missing or
// older than what it is built of. Without the console's sources there is nothing to do.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const CONSOLE = join(ROOT, 'apps', 'console')
const STAMP = join(CONSOLE, 'dist', '.built-of')
/** What the build is made of, and the lockfile, which says by what. */
const SOURCES = ['src', 'public', 'index.html', 'vite.config.ts', 'package.json']

function* filesIn(path) {
  if (!existsSync(path)) return
  const entries = readdirSync(path, { withFileTypes: true, recursive: false })
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const below = join(path, entry.name)
    if (entry.isDirectory()) yield* filesIn(below)
    else if (!/\.test\.tsx?$/.test(entry.name)) yield below
  }
}

function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json')))
  for (const source of SOURCES) {
    const path = join(CONSOLE, source)
    const files = /\.\w+$/.test(source) ? [path] : filesIn(path)
    for (const file of files) hash.update(file.slice(CONSOLE.length)).update('\0').update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

if (existsSync(join(CONSOLE, 'package.json'))) {
  const wanted = fingerprint()
  const isCurrent = existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted
  if (!isCurrent) {
    process.stderr.write('Building the console…\n')
    const node = join(ROOT, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
    const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js')
    const { status, stderr, stdout } = spawnSync(node, [vite, 'build', '--logLevel', 'warn'], {
      cwd: CONSOLE,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    })
    if (status === 0) writeFileSync(STAMP, wanted)
    // The API works without its console, and says where it is missed how to build it.
    else process.stderr.write(`The console could not be built; all else works without it.\n${stdout ?? ''}${stderr ?? ''}\n`)
  }
}
