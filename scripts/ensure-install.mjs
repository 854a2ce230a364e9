// Runs before every command, on whatever Node the host has (20 or newer), with nothing installed:
// installs from the lockfile when the dependencies are missing or older than the lockfile.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const OLDEST_NODE = 20
const LOCK_STALE_MS = 15 * 60_000

/** What the installation rests on, as one hash: the lockfile and every workspace's manifest. */
export function fingerprint(root) {
  const hash = createHash('sha256')
  for (const file of manifests(root)) hash.update(file).update('\0').update(readFileSync(join(root, file))).update('\0')
  return hash.digest('hex')
}

function manifests(root) {
  const { workspaces = [] } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const folders = workspaces.flatMap((pattern) =>
    pattern.endsWith('/*') ? readdirSync(join(root, pattern.slice(0, -2)), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => `${pattern.slice(0, -2)}/${entry.name}`) : [pattern],
  )
  return ['package.json', 'package-lock.json', ...folders.toSorted().map((folder) => `${folder}/package.json`)].filter((file) => existsSync(join(root, file)))
}

/** Whether what is installed is what the lockfile says. */
export function isCurrent(root) {
  const stamp = join(root, 'node_modules', '.signalbox-install')
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(root) && existsSync(join(root, 'node_modules', '.bin', 'node'))
}

/** One clear line for a Node that is too old; undefined for one that will do. */
export function nodeFault(version) {
  const major = Number(version.replace(/^v/, '').split('.')[0])
  return major >= OLDEST_NODE ? undefined : `Signalbox needs Node ${OLDEST_NODE} or newer to install itself; this is ${version}. Get one from nodejs.org, and run the same command again.`
}

async function main() {
  const fault = nodeFault(process.version)
  if (fault) return fail(fault)
  if (isCurrent(ROOT)) return
  await withLock(async () => {
    if (isCurrent(ROOT)) return
    await install()
    if (!existsSync(join(ROOT, 'node_modules', '.bin', 'node'))) {
      return fail('The installation has no Node of its own, because the install script of the package "node" did not run. Allow it (npm config set ignore-scripts false) and run the same command again.')
    }
    writeFileSync(join(ROOT, 'node_modules', '.signalbox-install'), fingerprint(ROOT))
  })
}

async function install() {
  const terminal = process.stderr.isTTY
  const began = Date.now()
  const seconds = () => Math.round((Date.now() - began) / 1_000)
  process.stderr.write('Installing what Signalbox needs (the first time takes about half a minute)…\n')
  const timer = setInterval(() => process.stderr.write(terminal ? `\r\u001b[2K  ${seconds()} s…` : `  ${seconds()} s…\n`), terminal ? 1_000 : 10_000)
  const said = []
  const npm = spawn(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (bytes) => said.push(bytes))
  const code = await new Promise((resolve) => npm.on('close', resolve).on('error', () => resolve(127)))
  clearInterval(timer)
  if (terminal) process.stderr.write('\r\u001b[2K')
  if (code !== 0) {
    const tail = Buffer.concat(said).toString('utf8').trim().split('\n').slice(-15).join('\n')
    return fail(`The installation failed (npm ci ended with ${code}). npm said:\n${tail}\nCheck that the package registry can be reached and that this folder can be written, and run the same command again.`)
  }
  process.stderr.write(`Installed in ${seconds()} s.\n`)
}

/** Two commands at once install once: the second waits for the first. */
async function withLock(work) {
  const lock = join(ROOT, '.install-lock')
  for (;;) {
    try {
      mkdirSync(lock)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') return fail(`This folder cannot be written (${error.code}): ${ROOT}`)
      if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > LOCK_STALE_MS) rmSync(lock, { recursive: true, force: true })
      else await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
  const release = () => rmSync(lock, { recursive: true, force: true })
  process.once('SIGINT', () => (release(), process.exit(130)))
  try {
    await work()
  } finally {
    release()
  }
}

function fail(words) {
  process.stderr.write(`${words}\n`)
  process.exitCode = 1
  throw new InstallFault()
}

class InstallFault extends Error {}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main().catch((error) => {
    if (!(error instanceof InstallFault)) throw error
  })
}
