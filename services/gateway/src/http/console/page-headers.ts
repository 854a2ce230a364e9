import type { MiddlewareHandler } from 'hono'

import type { GatewayEnv } from '../gateway-env.ts'

/**
 * What a page of ours may do: run and load what comes from here, talk to here, and nothing else. Nobody may
 * frame it. `style` is what its style elements are known by, beside the style sheets from here.
 */
export function toContentSecurityPolicy(style = "'self'"): string {
  return [
    "default-src 'self'",
    "script-src 'self'",
    `style-src ${style}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "object-src 'none'",
  ].join('; ')
}

const HEADERS = {
  'content-security-policy': toContentSecurityPolicy(),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
}

/** On Node's own response, so that it holds for streams, which pass Hono by, and for errors too. A handler's own header goes before. */
export function pageHeaders(more: Record<string, string> = {}): MiddlewareHandler<GatewayEnv> {
  const headers = Object.entries({ ...HEADERS, ...more })
  return (c, next) => {
    for (const [name, value] of headers) c.env.outgoing.setHeader(name, value)
    return next()
  }
}
