// Runs before every command, on whatever Node the host has (20 or newer), with nothing installed:
// installs from the lockfile when the dependencies are missing or older than the lockfile.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const OLDEST_NODE = 20
const BUNDLED_NODE = 24
/** A lock without a holder's id is one that is just being made, or whose maker died in between. */
const UNSIGNED_LOCK_MS = 5_000

/** What the installation rests on, as one hash: the lockfile and every workspace's manifest. */
export function fingerprint(root) {
  const hash = createHash('sha256')
  for (const file of manifests(root))
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0')
  return hash.digest('hex')
}

function manifests(root) {
  const { workspaces = [] } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const folders = workspaces.flatMap((pattern) =>
    pattern.endsWith('/*')
      ? readdirSync(join(root, pattern.slice(0, -2)), { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map((entry) => `${pattern.slice(0, -2)}/${entry.name}`)
      : [pattern],
  )
  return ['package.json', 'package-lock.json', ...folders.toSorted().map((folder) => `${folder}/package.json`)].filter((file) => existsSync(join(root, file)))
}

/** Whether what is installed is what the lockfile says. */
export function isCurrent(root) {
  const stamp = join(root, 'node_modules', '.signalbox-install')
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(root) && existsSync(join(root, 'node_modules', '.bin', 'node'))
}

/**
 * Whether the packages that lie there are those of the lockfile, whatever the stamp says: so it is after
 * an `npm install` by hand. Installing again would take the packages away from under all that runs.
 */
export function holdsTheLockfile(root) {
  const wanted = readPackages(join(root, 'package-lock.json'))
  const present = readPackages(join(root, 'node_modules', '.package-lock.json'))
  if (!wanted || !present) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return declaresTheSame(root, path, entry)
    const found = present[path]
    if (!found || !existsSync(join(root, path))) return Boolean(entry.optional) && !existsSync(join(root, path))
    return found.version === entry.version && found.integrity === entry.integrity && found.link === entry.link
  })
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

/** Whether a manifest asks for what the lockfile was made from. Where it does not, `npm ci` shall say so. */
function declaresTheSame(root, folder, locked = {}) {
  const file = join(root, folder, 'package.json')
  if (!existsSync(file)) return false
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  return ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].every((kind) => {
    const [asked, known] = [manifest[kind] ?? {}, locked[kind] ?? {}]
    return Object.keys(asked).length === Object.keys(known).length && Object.entries(asked).every(([name, range]) => known[name] === range)
  })
}

/** What is wrong with the Node that the installation brings, given what it says its version is. */
export function bundledNodeFault(version) {
  if (version?.startsWith(`v${BUNDLED_NODE}.`)) return undefined
  const what = version ? `is ${version}, not v${BUNDLED_NODE}` : 'is missing, because the install script of the package "node" did not run'
  return `The installation's own Node ${what}. The root package.json allows that script ("allowScripts"); if npm is told to ignore scripts, allow them (npm config set ignore-scripts false), remove node_modules and run the same command again.`
}

/** One clear line for a Node that is too old; undefined for one that will do. */
export function nodeFault(version) {
  const major = Number(version.replace(/^v/, '').split('.')[0])
  return major >= OLDEST_NODE
    ? undefined
    : `Signalbox needs Node ${OLDEST_NODE} or newer to install itself; this is ${version}. Get one from nodejs.org, and run the same command again.`
}

async function main() {
  const fault = nodeFault(process.version)
  if (fault) return fail(fault)
  if (isCurrent(ROOT)) return
  await withLock(async () => {
    if (isCurrent(ROOT)) return
    if (!holdsTheLockfile(ROOT) || bundledNodeFault(bundledNodeVersion())) await install()
    const missing = bundledNodeFault(bundledNodeVersion())
    if (missing) return fail(missing)
    writeFileSync(join(ROOT, 'node_modules', '.signalbox-install'), fingerprint(ROOT))
  })
}

function bundledNodeVersion() {
  const { status, stdout } = spawnSync(join(ROOT, 'node_modules', '.bin', 'node'), ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' })
  return status === 0 ? stdout.trim() : undefined
}

async function install() {
  const terminal = process.stderr.isTTY
  const began = Date.now()
  const seconds = () => Math.round((Date.now() - began) / 1_000)
  process.stderr.write('Installing what Signalbox needs (the first time takes about half a minute)…\n')
  const timer = setInterval(() => process.stderr.write(terminal ? `\r\u001b[2K  ${seconds()} s…` : `  ${seconds()} s…\n`), terminal ? 1_000 : 10_000)
  const said = []
  const npm = spawn(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (bytes) => said.push(bytes))
  const code = await new Promise((resolve) => npm.on('close', resolve).on('error', () => resolve(127)))
  clearInterval(timer)
  if (terminal) process.stderr.write('\r\u001b[2K')
  if (code !== 0) {
    return fail(installFault(code, Buffer.concat(said).toString('utf8')))
  }
  process.stderr.write(`Installed in ${seconds()} s.\n`)
}

/** What to tell of an installation that failed: npm's own reason, without its usage text, and what to do. */
export function installFault(code, said) {
  const [reason] = said.split(/^npm error (?:Clean install a project|Usage:)$/m)
  const lines = reason.split('\n').filter((line) => !/^npm (?:error|warn)?\s*$/.test(line) && line.trim() !== '')
  const shown = lines.length > 20 ? [...lines.slice(0, 8), '…', ...lines.slice(-11)] : lines
  const disagree = /code EUSAGE/.test(said) && /in sync/.test(said)
  const advice = disagree
    ? 'A package.json and package-lock.json disagree: run npm install, and then the same command again.'
    : 'Check that the package registry can be reached, that this folder can be written and that nothing in it is running, and run the same command again.'
  return `The installation failed (npm ci ended with ${code}). npm said:\n${shown.join('\n')}\n${advice}`
}

/** Two commands at once install once: the second waits for the first, and not for one that died. */
async function withLock(work) {
  const lock = join(ROOT, '.install-lock')
  let told = false
  for (;;) {
    try {
      mkdirSync(lock)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') return fail(`This folder cannot be written (${error.code}): ${ROOT}`)
      if (isAbandoned(lock)) {
        rmSync(lock, { recursive: true, force: true })
        continue
      }
      if (!told) process.stderr.write('Another command is installing; waiting for it…\n')
      told = true
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
  const release = () => rmSync(lock, { recursive: true, force: true })
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])
    process.once(signal, () => (release(), process.exit(code)))
  try {
    writeFileSync(join(lock, 'pid'), String(process.pid))
    await work()
  } finally {
    release()
  }
}

/** Whether whoever made the lock is gone. */
export function isAbandoned(lock) {
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0)
    return false
  } catch (error) {
    if (error.code === 'EPERM') return false
    if (error.code === 'ESRCH') return true
    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs
    return made !== undefined && Date.now() - made > UNSIGNED_LOCK_MS
  }
}

function fail(words) {
  process.stderr.write(`${words}\n`)
  process.exitCode = 1
  throw new InstallFault()
}

class InstallFault extends Error {}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main().catch((error) => {
    if (!(error instanceof InstallFault)) throw error
  })
}
