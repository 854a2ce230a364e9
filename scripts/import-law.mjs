// The import law within a service, and the test kit's: what turbo's tags cannot see.
//
//   main → app → http | a2a | adapters → core;   core → itself and pure packages
//   @signalbox/testing and *.test.ts helpers are for tests alone
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const PURE = new Set(['errors', 'contracts', 'openai-wire'])
const EDGES = new Set(['http', 'a2a', 'adapters'])

/** Static imports and re-exports, imports for their effect, and `import('…')` as a value or a type. */
const IMPORTS = /^(?:import|export)\b[^'"]*?from\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

/** The faults of one file, given its path from the root and its text. */
export function importFaults(file, text) {
  const imports = [...text.matchAll(IMPORTS)].map((match) => match.slice(1).find(Boolean))
  const isTest = /\.test\.ts$|\.contract\.ts$|\/contract\/|\/fixtures\/|^tests\/|^packages\/testing\//.test(file)
  const faults = []
  for (const target of imports) {
    if (target === '@signalbox/testing' && !isTest) faults.push(`${file}: the test kit is for tests alone`)
    const [, service, room] = /^services\/([^/]+)\/src\/([^/]+)\//.exec(file) ?? []
    if (!service || isTest) continue
    const workspace = /^@signalbox\/([^/]+)/.exec(target)?.[1]
    const to = target.startsWith('.') ? roomOf(file, target, service) : undefined
    if (room === 'core') {
      if (workspace !== undefined && !PURE.has(workspace)) faults.push(`${file}: the core sees pure packages only, not ${target}`)
      else if (workspace === undefined && !target.startsWith('.') && !target.startsWith('node:') && target !== 'zod')
        faults.push(`${file}: the core sees no library: ${target}`)
      else if (to !== undefined && to !== 'core') faults.push(`${file}: the core looks outward, at ${target}`)
    }
    if (EDGES.has(room) && to === '') faults.push(`${file}: ${room} looks back at ${target}`)
  }
  return faults
}

/** The room of a service that a relative import leads to; `''` for its entrance (app, main). */
function roomOf(file, target, service) {
  const path = relative(`services/${service}/src`, join(dirname(file), target)).split(sep)
  if (path.length > 1) return path[0]
  return ['app.ts', 'main.ts', 'index.ts'].includes(path[0]) ? '' : undefined
}

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* sources(path)
    else if (entry.name.endsWith('.ts')) yield path
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const files = ['packages', 'services', 'apps', 'tests'].flatMap((folder) => [...sources(join(root, folder))])
  const faults = files.flatMap((path) => importFaults(relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8')))
  for (const fault of faults) process.stdout.write(`${fault}\n`)
  process.stdout.write(`${files.length} files, ${faults.length} faults\n`)
  process.exitCode = faults.length > 0 || files.length === 0 ? 1 : 0
}
