import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'

export interface FoundFile {
  path: string
  /** How the document is called: relative to the folder that was named, with forward slashes. */
  source: string
}

const ENDINGS = new Set(['.md', '.mdx', '.markdown', '.txt', '.text', '.rst', '.adoc', '.org'])
const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'build', 'coverage'])
const MAX_BYTES = 5 * 1024 * 1024

/** The documents under some paths, in order; and what was passed over, with the reason. */
export async function findFiles(paths: readonly string[]): Promise<{ files: FoundFile[]; skipped: { path: string; reason: string }[] }> {
  const files = new Map<string, FoundFile>()
  const sources = new Map<string, string>()
  const skipped: { path: string; reason: string }[] = []

  async function visit(path: string, base: string): Promise<void> {
    const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      skipped.push({ path, reason: `cannot be read (${error.code ?? 'error'})` })
      return []
    })
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const child = join(path, entry.name)
      if (entry.name.startsWith('.')) continue
      if (entry.isDirectory()) {
        if (!SKIPPED_FOLDERS.has(entry.name)) await visit(child, base)
      } else if (entry.isFile() && ENDINGS.has(ending(entry.name))) await take(child, base)
    }
  }

  async function take(path: string, base: string): Promise<void> {
    const { size } = await stat(path).catch(() => ({ size: 0 }))
    const source = relative(base, path).split('\\').join('/')
    const namesake = sources.get(source)
    if (files.has(path)) return
    if (size > MAX_BYTES) skipped.push({ path, reason: `larger than ${MAX_BYTES / 1024 / 1024} MB` })
    // One would take the other's place, and nobody would be told.
    else if (namesake !== undefined) skipped.push({ path, reason: `called ${source}, as ${namesake} is: lay them in from a folder above both` })
    else {
      files.set(path, { path, source })
      sources.set(source, path)
    }
  }

  for (const given of paths) {
    const path = resolve(given)
    const info = await stat(path).catch(() => undefined)
    if (!info) skipped.push({ path, reason: 'there is no such file or folder' })
    // A folder's own name stays in front, so that `docs/a.md` of two projects are two documents.
    else if (info.isDirectory()) await visit(path, dirname(path))
    else if (ENDINGS.has(ending(basename(path)))) await take(path, dirname(path))
    else skipped.push({ path, reason: `not one of ${[...ENDINGS].join(' ')}` })
  }
  return { files: [...files.values()], skipped }
}

function ending(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot === -1 ? '' : name.slice(dot).toLowerCase()
}
