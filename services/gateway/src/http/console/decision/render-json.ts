import { html } from 'hono/html'

import { toVisiblePieces } from '../../../core/console/visible-text.ts'

/** What `html` makes. */
export type Html = ReturnType<typeof html>

/** Longer ones are folded, with how long they are. */
const LONG = 400
const SHOWN_OF_LONG = 160
/** What lies deeper is shown on one line: nobody reads it by its indentation any more. */
const DEEPEST = 32

/** Text of others: all of it is seen, and none of it is markup. Isolated, so that it turns no line around. */
export function renderText(text: string): Html {
  const pieces = toVisiblePieces(text).map((piece) => (piece.type === 'text' ? html`${piece.text}` : html`<span class="sign">${piece.label}</span>`))
  return html`<bdi>${pieces}</bdi>`
}

/** JSON in its canonical order, indented, one member a line; for where white space is kept. */
export function renderJson(value: unknown, depth = 0): Html {
  if (typeof value === 'string') return renderString(value)
  if (typeof value !== 'object' || value === null) return html`${JSON.stringify(value)}`
  if (depth > DEEPEST) return renderText(JSON.stringify(value))
  const members = Array.isArray(value)
    ? value.map((item) => renderJson(item, depth + 1))
    : Object.entries(value)
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, item]) => html`${renderText(quote(name))}: ${renderJson(item, depth + 1)}`)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  if (members.length === 0) return html`${open}${close}`
  const lines = members.map((member, index) => html`${indent(depth + 1)}${member}${index < members.length - 1 ? ',' : ''}`)
  return html`${open}${lines}${indent(depth)}${close}`
}

function renderString(text: string): Html {
  if (text.length <= LONG) return renderText(quote(text))
  const bytes = Buffer.byteLength(text).toLocaleString('en')
  // A pair that is cut in half would look like something hidden.
  const start = quote(text.slice(0, SHOWN_OF_LONG).replace(/[\ud800-\udbff]$/, '')).slice(0, -1)
  return html`<details>
    <summary>${renderText(start)}… (${bytes} bytes: show all)</summary>
    ${renderText(quote(text))}
  </details>`
}

/** As JSON writes it but for what is shown by its name anyway: an escape would look like six harmless letters. */
function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

function indent(depth: number): string {
  return `\n${'  '.repeat(depth)}`
}
