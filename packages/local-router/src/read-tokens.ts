import type { Token } from './token.ts'

const LONGEST_QUOTE = 2_400

const CLOSING: Record<string, string> = { '"': '"', '“': '”', '„': '“', '«': '»', '‘': "'", '`': '`', "'": "'" }

const FILE_NAME = /^[\w ./-]{1,80}\.([a-z0-9]{2,5})$/i
const FENCE = /```[\s\S]*?(?:```|$)/g
/** In this order: an address, a file, a word, a number, line breaks, what may open a quotation, a letter of elsewhere, a mark. */
const PIECE =
  /(\bhttps?:\/\/\S+|\bwww\.\S+|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.]{2,20})|(\b[\w-]{1,60}\.(?:jpe?g|png|gif|svg|webp|wav|mp3|m4a|ogg|flac|mp4|mov|avi|mkv|webm|pdf|docx?|txt|md|rtf|csv|tsv|xlsx?|json|ya?ml|xml|html?|parquet|pptx?|zip|py|js|ts|java|c|cpp|go|rs|sql|sh)\b)|([A-Za-z]+(?:['’-][A-Za-z]+)*)|(\d[\d.,:/%-]*)|(\n+)|(["“„«‘`'])|([^\x00-\x7f])|[^\s\w]/g

/** A text's tokens, in order. Takes any string. */
export function readTokens(request: string): Token[] {
  const text = request.replaceAll('’', "'").replace(FENCE, '`c`')
  const tokens: Token[] = []
  const unclosed = new Set<string>()
  let opens = true
  PIECE.lastIndex = 0
  for (let match = PIECE.exec(text); match; match = PIECE.exec(text)) {
    const end = match[6] === undefined ? undefined : quoteEnd(text, match.index, unclosed)
    const token = end === undefined ? toToken(match, opens) : toQuotation(text.slice(match.index, end), opens)
    if (end !== undefined) PIECE.lastIndex = end
    tokens.push(token)
    // A mark within a sentence changes nothing: what follows a list's dash still opens its line.
    if (token.kind === 'line' || (token.kind === 'mark' && /[.!?]/.test(token.text))) opens = true
    else if (token.kind !== 'mark') opens = false
  }
  return tokens
}

function toToken(match: RegExpExecArray, opens: boolean): Token {
  const raw = match[0]
  const length = raw.length
  if (match[3] !== undefined) return { kind: !opens && isName(raw) ? 'name' : 'word', text: raw.toLowerCase(), opens, length }
  if (match[1] !== undefined) return { kind: 'url', text: '', opens, length }
  if (match[2] !== undefined) return { kind: 'file', text: raw.slice(raw.lastIndexOf('.') + 1).toLowerCase(), opens, length }
  if (match[4] !== undefined) return { kind: 'number', text: '', opens, length }
  if (match[5] !== undefined) return { kind: 'line', text: length > 1 ? '\n\n' : '\n', opens: false, length }
  if (match[7] !== undefined) return { kind: 'foreign', text: '', opens, length }
  return { kind: 'mark', text: raw, opens, length }
}

function isName(word: string): boolean {
  return word !== 'I' && !word.startsWith("I'") && word.charCodeAt(0) < 91
}

function toQuotation(quotation: string, opens: boolean): Token {
  const file = FILE_NAME.exec(quotation.slice(1, -1))
  if (file) return { kind: 'file', text: (file[1] as string).toLowerCase(), opens, length: quotation.length }
  return { kind: quotation.startsWith('`') ? 'code' : 'quote', text: '', opens, length: quotation.length }
}

/** Where a quotation ends, or undefined where the mark opens none. Marks that close nowhere are looked for once. */
function quoteEnd(text: string, start: number, unclosed: Set<string>): number | undefined {
  const mark = text[start] as string
  if (unclosed.has(mark) || (mark === "'" && start > 0 && /\w/.test(text[start - 1] as string))) return undefined
  const closing = CLOSING[mark] as string
  for (let end = text.indexOf(closing, start + 1); end - start <= LONGEST_QUOTE; end = text.indexOf(closing, end + 1)) {
    if (end === -1) {
      unclosed.add(mark)
      return undefined
    }
    // An apostrophe within a quotation ends nothing.
    if (closing !== "'" || !/\w/.test(text[end + 1] ?? ' ')) return end - start < 2 ? undefined : end + 1
  }
  return undefined
}
