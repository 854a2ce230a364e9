import { hash } from 'node:crypto'

/** One column on a phone, two on a page; colours follow the reader's wish. Contrast is 4.5 to 1 or more in both. */
export const REFERENCE_STYLES = `
:root { color-scheme: light dark; --ink: #1b1f24; --quiet: #57606a; --paper: #ffffff; --well: #f3f5f7; --line: #d3d8de; --get: #1d4ed8; --post: #166534; --delete: #b42318 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --quiet: #9aa4af; --paper: #14171a; --well: #1e2328; --line: #39414a; --get: #93b4ff; --post: #4ade80; --delete: #fda29b } }
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; overflow-wrap: anywhere }
header, nav, main { max-width: 52rem; margin: 0 auto; padding: 0 1rem }
header { padding-top: 1.25rem }
main { padding-bottom: 4rem }
nav ul { list-style: none; margin: 0; padding: 0 }
nav a { display: inline-block; padding: .3rem 0; min-height: 24px }
h1 { font-size: 1.5rem; line-height: 1.3; margin: .25rem 0 .5rem }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .25rem; padding-top: 1rem; border-top: 1px solid var(--line) }
h3 { font-size: 1.0625rem; line-height: 1.4; margin: 2rem 0 .25rem }
h4 { font-size: .9375rem; margin: 1rem 0 .25rem }
p { margin: .375rem 0 }
a { color: inherit }
code, pre { font: 13px/1.55 ui-monospace, monospace }
pre { background: var(--well); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; margin: .5rem 0; overflow-x: auto }
.method { font: 600 13px/1.5 ui-monospace, monospace; text-transform: uppercase }
.get { color: var(--get) } .post { color: var(--post) } .delete { color: var(--delete) }
.quiet { color: var(--quiet); font-size: .875rem }
details { margin: .5rem 0 }
summary { cursor: pointer; min-height: 24px; font-weight: 600; font-size: .9375rem }
details ul { list-style: none; margin: .25rem 0; padding: 0; font-size: .9375rem }
details li { margin-top: .5rem }
details p { margin: 0; color: var(--quiet) }
:focus-visible { outline: 3px solid #2563eb; outline-offset: 2px }
@media (min-width: 75rem) {
  body { display: grid; grid-template-columns: 19rem 1fr }
  nav { grid-column: 1; grid-row: 1 / span 2; position: sticky; top: 0; height: 100vh; overflow-y: auto; margin: 0; padding: 1.25rem; border-right: 1px solid var(--line); font-size: .9375rem }
  header, main { grid-column: 2; width: 100%; padding-inline: 1.5rem }
}
@media (max-width: 74.99rem) { nav > ul { display: flex; flex-wrap: wrap; gap: 0 1rem } nav ul ul { display: none } }
`

/** A page of these styles alone: nothing is run, nothing is loaded, and nothing is sent. */
export const REFERENCE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', REFERENCE_STYLES, 'base64')}'`,
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')
