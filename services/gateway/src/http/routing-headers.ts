import type { RoutingDecision } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

/** The decision as an answer's headers. */
export function toRouteHeaders(decision: RoutingDecision): Record<'x-signalbox-route' | 'x-signalbox-route-reason', string> {
  return {
    'x-signalbox-route': decision.needs_orchestration ? 'complex' : 'simple',
    'x-signalbox-route-reason': toHeaderText(`${decision.source}: ${decision.reason}`),
  }
}

/** Printable ASCII: a reason is a model's words, and a header takes no others. */
export function toHeaderText(text: string): string {
  if (/^[!-~][ -~]{0,198}[!-~]$/.test(text)) return text
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 200)
    .trim()
}

/** `true` or `false`, as a header says it. @throws AppError for anything else. */
export function readFlagHeader(name: string, value: string | undefined): boolean {
  if (value === undefined || /^(?:|false|0|no)$/i.test(value)) return false
  if (/^(?:true|1|yes)$/i.test(value)) return true
  throw new AppError('invalid_request', `${name}: must be true or false.`, { param: name })
}
