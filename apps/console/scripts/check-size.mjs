// `node scripts/check-size.mjs`, after a build: what a browser has to fetch before it shows a page, gzipped. The
// scripts of pages that somebody lands on first keep to a limit; all are told.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const DIST = fileURLToPath(new URL('../dist/', import.meta.url))
const LIMIT = 150_000
/** Where one lands, and where links from elsewhere lead. */
const FIRST = ['approvals-page', 'approval-page', 'sessions-page', 'first-run-page']
/** Pages that stand in another page. */
const WITHIN = { 'approval-page': 'approvals-page' }

const html = readFileSync(join(DIST, 'index.html'), 'utf8')
const files = readdirSync(join(DIST, 'assets')).filter((name) => /\.(js|css)$/.test(name))
const text = new Map(files.map((name) => [name, readFileSync(join(DIST, 'assets', name), 'utf8')]))
const size = new Map(files.map((name) => [name, gzipSync(text.get(name)).length]))

/** What a chunk cannot run without. */
function needs(name, found = new Set()) {
  if (found.has(name) || !text.has(name)) return found
  found.add(name)
  if (name.endsWith('.js')) for (const [, other] of text.get(name).matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)) needs(other, found)
  return found
}

const entry = new Set()
for (const [, name] of html.matchAll(/\/console\/assets\/([\w.-]+\.(?:js|css))/g)) needs(name, entry)
const sum = (names, ending) => [...names].filter((name) => name.endsWith(ending)).reduce((total, name) => total + (size.get(name) ?? 0), 0)

const chunkOf = (page) => files.find((name) => name.startsWith(`${page}-`) && name.length === page.length + 12 && name.endsWith('.js'))
const pages = files.filter((name) => /-page-[\w-]{8}\.js$/.test(name)).map((name) => name.slice(0, -12))
const rows = pages
  .map((page) => new Set([...entry, ...needs(chunkOf(page)), ...(WITHIN[page] ? needs(chunkOf(WITHIN[page])) : [])]))
  .map((names, index) => ({ page: pages[index], js: sum(names, '.js'), css: sum(names, '.css') }))
  .toSorted((a, b) => b.js - a.js)

const say = (page, js, css, more = '') =>
  process.stdout.write(`${page.padEnd(20)}${(js / 1_000).toFixed(1).padStart(7)} kB of scripts, ${(css / 1_000).toFixed(1)} kB of styles${more}\n`)
say('every page', sum(entry, '.js'), sum(entry, '.css'))
let isWrong = false
for (const { page, js, css } of rows) {
  const isOver = FIRST.includes(page) && js > LIMIT
  isWrong ||= isOver
  say(page, js, css, isOver ? `: more than ${LIMIT / 1_000} kB` : '')
}
for (const page of FIRST.filter((wanted) => !pages.includes(wanted))) {
  process.stdout.write(`${page} is missing\n`)
  isWrong = true
}
process.exitCode = isWrong ? 1 : 0
