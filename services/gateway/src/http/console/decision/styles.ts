import { hash } from 'node:crypto'

/** One column, as wide as a phone or as a page; colours follow the reader's wish. Contrast is 4.5 to 1 or more in both. */
export const STYLES = `
:root { color-scheme: light dark; --ink: #1b1f24; --quiet: #57606a; --paper: #ffffff; --well: #f3f5f7; --line: #d3d8de; --sign: #9a3412; --sign-paper: #ffedd5; --yes: #166534; --no: #b42318; --on: #ffffff }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --quiet: #9aa4af; --paper: #14171a; --well: #1e2328; --line: #39414a; --sign: #fdba74; --sign-paper: #43210d; --yes: #4ade80; --no: #fda29b; --on: #10130f } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
main { max-width: 44rem; margin: 0 auto; padding: 1.25rem 1rem 3rem }
header { color: var(--quiet); font-size: .875rem }
h1 { font-size: 1.375rem; line-height: 1.3; margin: .25rem 0 .75rem }
h2 { font-size: 1rem; margin: 1.5rem 0 .375rem }
p { margin: .375rem 0 }
a { color: inherit }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0 }
dt { color: var(--quiet) }
dd { margin: 0 }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .5rem } }
.state { display: inline-block; border: 1px solid currentcolor; border-radius: 1rem; padding: 0 .625rem; font-size: .875rem; font-weight: 600 }
.notice { border-left: 4px solid currentcolor; background: var(--well); padding: .625rem .75rem; margin: .75rem 0 }
.code { font: 13px/1.5 ui-monospace, monospace; background: var(--well); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; margin: 0; white-space: pre-wrap }
.code details { display: inline-block; vertical-align: top; max-width: 100%; white-space: normal }
.code bdi { white-space: pre-wrap }
.quote { border-left: 3px solid var(--line); padding-left: .75rem; white-space: pre-wrap; margin: 0 }
.quiet { color: var(--quiet); font-size: .875rem }
.sign { color: var(--sign); background: var(--sign-paper); border-radius: 3px; padding: 0 .25em; font-size: .8em; font-family: ui-monospace, monospace }
.hash { font: 12px/1.5 ui-monospace, monospace; color: var(--quiet) }
summary { cursor: pointer; min-height: 24px }
label { display: block; font-weight: 600; margin: .75rem 0 .25rem }
textarea, input[type=text] { width: 100%; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--quiet); border-radius: 6px; padding: .5rem }
textarea { min-height: 5rem; resize: vertical }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1rem }
button { flex: 1 1 8rem; min-height: 44px; font: inherit; font-weight: 600; border-radius: 6px; border: 1px solid; cursor: pointer; padding: .5rem 1rem }
.yes { background: var(--yes); border-color: var(--yes); color: var(--on) }
.no { background: transparent; border-color: var(--no); color: var(--no) }
:focus-visible { outline: 3px solid #2563eb; outline-offset: 2px }
`

/** A page of these styles alone: nothing is run, nothing is loaded, and its form leads back here. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', STYLES, 'base64')}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')
