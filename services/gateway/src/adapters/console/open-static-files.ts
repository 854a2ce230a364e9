import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

import type { StaticFile, StaticFiles } from '../../core/console/static-files.ts'

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}
const COMPRESSIBLE = /^(?:text\/|application\/(?:json|manifest)|image\/svg)/
/** Less than a packet gains nothing by being smaller. */
const WORTH_COMPRESSING = 1_024
/** What a bundler names after its contents: `index-DKdI2x_a.js`. */
const HASHED = /-[\w-]{8,}\.[a-z0-9]+$/

/**
 * A folder that a bundler built. What can be asked for is what was found in it, by name: no path that somebody
 * makes up is ever looked for. Looked through anew when its index.html has changed, so that it can be built while
 * we run. Each file is read once, and compressed once.
 */
export function openStaticFiles(folder: string): StaticFiles {
  let found: { builtAt: number; files: Map<string, () => Promise<StaticFile>> } | undefined
  return {
    async find(path) {
      const builtAt = (await stat(join(folder, 'index.html')).catch(() => undefined))?.mtimeMs
      if (builtAt === undefined) return undefined
      if (found?.builtAt !== builtAt) found = { builtAt, files: await lookThrough(folder) }
      return await found.files.get(path)?.()
    },
  }
}

async function lookThrough(folder: string): Promise<Map<string, () => Promise<StaticFile>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  // A link may lead out of the folder; a bundler makes none.
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(paths.map((path) => [relative(folder, path).split(sep).join('/'), once(() => readStaticFile(path))]))
}

async function readStaticFile(path: string): Promise<StaticFile> {
  const bytes = await readFile(path)
  const type = TYPES[extname(path)] ?? 'application/octet-stream'
  const worth = COMPRESSIBLE.test(type) && bytes.length >= WORTH_COMPRESSING
  return {
    bytes,
    type,
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    immutable: HASHED.test(path),
    ...(worth && {
      brotli: await promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
      gzip: await promisify(gzip)(bytes, { level: 9 }),
    }),
  }
}

/** What failed is tried again the next time. */
function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined
  return () => {
    running ??= work().catch((error: unknown) => {
      running = undefined
      throw error
    })
    return running
  }
}
