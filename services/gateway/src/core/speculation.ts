/** `auto` speculates where tokens are cheap. */
export type SpeculationMode = 'auto' | 'on' | 'off'

/** US dollars for a million tokens. */
export interface TokenPrice {
  input: number
  output: number
}

/**
 * What counts as cheap: at these prices a call that is thrown away after a second costs a caller less than a fiftieth of
 * a cent, and small models (gpt-4o-mini, gpt-4.1-mini, gpt-5-mini) are below them while large ones are not.
 */
export const CHEAP: TokenPrice = { input: 0.5, output: 2 }

/**
 * Whether the model is called while its request's way is still being judged.
 *
 * With `auto`: where its price is known and low, or where it runs at home, where tokens have none. A price that is not
 * known is not taken for a low one.
 */
export function isSpeculationOn(mode: SpeculationMode, upstream: { baseUrl: string; price: TokenPrice | undefined }): boolean {
  if (mode !== 'auto') return mode === 'on'
  if (isAtHome(new URL(upstream.baseUrl).hostname)) return true
  const { price } = upstream
  return price !== undefined && price.input <= CHEAP.input && price.output <= CHEAP.output
}

/** A name without a dot, a name of a network of one's own, or an address that no router of the internet's passes on. */
export function isAtHome(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (host.includes(':')) return host === '::1' || /^f(?:[cd]|e[89ab])/.test(host)
  if (/^\d+(?:\.\d+){3}$/.test(host)) return /^(?:127|10|192\.168|172\.(?:1[6-9]|2\d|3[01])|169\.254)\./.test(host)
  return !host.includes('.') || /\.(?:local|localhost|internal|lan|home\.arpa)$/.test(host)
}

/** What is known of a call that was thrown away. */
export interface WastedCall {
  requestBytes: number
  stream: boolean
  /** What of its reply had come. */
  replyBytes: number
  replyEvents: number
  milliseconds: number
}

const BYTES_PER_TOKEN = 4
/** What a model writes, roughly, while nothing is seen of it. */
const TOKENS_PER_MS = 0.05

/**
 * The tokens of a call that was thrown away, as well as can be guessed: nobody sends its usage. A stream's events are
 * about a token each; of a reply in one piece only the time is known that was spent on it, until it is there.
 */
export function estimateWaste(call: WastedCall): { input: number; output: number } {
  const input = Math.ceil(call.requestBytes / BYTES_PER_TOKEN)
  if (call.stream) return { input, output: call.replyEvents }
  const output = call.replyBytes > 0 ? call.replyBytes / BYTES_PER_TOKEN : call.milliseconds * TOKENS_PER_MS
  return { input, output: Math.round(output) }
}
