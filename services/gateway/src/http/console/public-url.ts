import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'

export interface PublicUrlOptions {
  /** Where others reach the gateway, as the operator says. */
  configured: string | undefined
  /** How many proxies stand before us, whose words about a request can be believed. */
  trustedProxies: number
}

/** Whether this origin is ours, by any name that we are called by. The scheme may be another by now, behind a proxy. */
export function isOurs(origin: string, incoming: IncomingMessage, options: PublicUrlOptions): boolean {
  const ours = [toPublicUrl(incoming, options), toPublicUrl(incoming, { ...options, configured: undefined })]
  return URL.canParse(origin) && ours.some((url) => new URL(url).host === new URL(origin).host)
}

/** Where people reach us, without a slash at its end: what is configured, else what the request says. */
export function toPublicUrl(incoming: IncomingMessage, { configured, trustedProxies }: PublicUrlOptions): string {
  if (configured !== undefined) return configured
  const forwarded = trustedProxies > 0 ? { scheme: first(incoming.headers['x-forwarded-proto']), host: first(incoming.headers['x-forwarded-host']) } : {}
  const scheme = forwarded.scheme === 'https' || (incoming.socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http'
  const url = `${scheme}://${forwarded.host ?? incoming.headers.host ?? 'localhost'}`
  return URL.canParse(url) ? new URL(url).origin : `${scheme}://localhost`
}

/** Browsers keep Secure cookies from https, and from this machine itself: https://www.w3.org/TR/secure-contexts/ */
export function isTrustworthy(origin: string): boolean {
  if (!URL.canParse(origin)) return false
  const { protocol, hostname } = new URL(origin)
  return protocol === 'https:' || hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

function first(value: string | string[] | undefined): string | undefined {
  return [value ?? []].flat()[0]?.split(',')[0]?.trim()
}
