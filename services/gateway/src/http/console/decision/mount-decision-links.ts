import { linkDecideRequestSchema, type LinkView } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { HttpApp } from '@signalbox/service-kit'
import type { Telemetry } from '@signalbox/telemetry'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'

import type { LinkDesk } from '../../../core/approval-desk.ts'
import type { SessionCall } from '../../../core/session-call.ts'
import type { ConsoleUrl } from '../../console-url.ts'
import type { GatewayContext, GatewayEnv } from '../../gateway-env.ts'
import { toKnownError } from '../../render-error.ts'
import { pageHeaders } from '../page-headers.ts'
import { needsConfirmation, renderDecision, renderNotice, type Draft } from './render-decision.ts'
import { CONTENT_SECURITY_POLICY } from './styles.ts'

export interface DecisionLinksOptions {
  telemetry: Telemetry
  links: LinkDesk
  consoleUrl: ConsoleUrl
}

/** 2,000 signs of a reason, each nine bytes when it is percent-encoded, and the rest of the form. */
const LARGEST_FORM = 64 * 1_024

const formSchema = z.object({
  decision: linkDecideRequestSchema.shape.decision,
  version: z.coerce.number().int().positive(),
  // Browsers send line ends as CR LF.
  reason: z
    .string()
    .default('')
    .transform((text) => text.replaceAll('\r\n', '\n').trim()),
  confirm: z
    .string()
    .default('')
    .transform((text) => text.trim()),
})

/**
 * `/d/{token}`: one approval, for the one person whom a message with this link was sent to. `GET` shows, and however
 * often a scanner of mail follows it, nothing happens; only the form's `POST` decides. Works without scripts.
 */
export function mountDecisionLinks(app: HttpApp, { telemetry, links, consoleUrl }: DecisionLinksOptions): void {
  const pages = new Hono<GatewayEnv>({ strict: false })
  // The address is a secret: nobody else is told it. Our own form says where it comes from.
  pages.use(
    pageHeaders({
      'cache-control': 'no-store',
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'referrer-policy': 'same-origin',
      'x-robots-tag': 'noindex, nofollow',
    }),
  )

  const show = (c: GatewayContext, view: LinkView, status: 200 | 400 | 409 = 200, draft?: Draft): Response | Promise<Response> =>
    c.html(renderDecision(view, { consoleUrl: consoleUrl(c.env.incoming), draft, now: new Date() }), status)

  pages.onError((error, c) => {
    const { status, title, text } = toNotice(toKnownError(error, telemetry))
    return c.html(renderNotice(title, text), status)
  })
  pages.get('/:token', async (c) => show(c, await links.read(c.req.param('token'), toCall(c))))
  pages.post('/:token', bodyLimit({ maxSize: LARGEST_FORM, onError: refuseLarge }), async (c) => {
    if (c.req.header('sec-fetch-site') === 'cross-site') throw new AppError('invalid_request', 'This form was sent from another site.')
    const token = c.req.param('token')
    const form = formSchema.safeParse(await c.req.parseBody())
    if (!form.success) throw new AppError('invalid_request', 'The form lost a piece of itself on its way.')
    const { decision, version, reason, confirm } = form.data
    const view = await links.read(token, toCall(c))
    const { approval } = view
    if (!view.usable) return show(c, view, 409)
    if (approval.version !== version) return show(c, view, 409, { reason, fault: 'It has changed since you opened it: look again at what runs.' })
    if (decision === 'approve' && needsConfirmation(approval) && confirm !== approval.action.type.trim())
      return show(c, view, 400, { reason, fault: 'Nothing was decided yet. The risk is high: write the action’s name into its field to approve it.' })
    try {
      await links.decide({ token, version, decision, ...(reason !== '' && { reason: reason.slice(0, LONGEST_REASON) }) }, toCall(c))
    } catch (error) {
      if (!(error instanceof AppError) || (error.code !== 'conflict' && error.code !== 'permission_denied')) throw error
      return show(c, await links.read(token, toCall(c)), 409, { reason, fault: error.message })
    }
    // What is shown next is asked for anew: going back or reloading decides nothing.
    return c.redirect(c.req.path, 303)
  })
  pages.all('/:token', (c) => c.text('Method Not Allowed', 405, { allow: 'GET, HEAD, POST' }))
  app.route('/d', pages)
}

const LONGEST_REASON = 2_000

function refuseLarge(): never {
  throw new AppError('payload_too_large', 'The form is too large.')
}

/** The link says who acts. Whose call it is otherwise does not matter. */
function toCall(c: GatewayContext): SessionCall {
  return { owner: 'link', requestId: c.get('requestId'), signal: c.req.raw.signal }
}

interface Notice {
  status: 400 | 404 | 410 | 413 | 503 | 500
  title: string
  text: string
}

function toNotice({ code, message }: AppError): Notice {
  switch (code) {
    case 'not_found':
      return { status: 404, title: 'There is nothing here', text: message }
    case 'permission_denied':
      return { status: 410, title: 'This link leads nowhere any more', text: message }
    case 'invalid_request':
      return { status: 400, title: 'That did not work', text: `${message} Go back, reload the page and try again.` }
    case 'payload_too_large':
      return { status: 413, title: 'That did not work', text: message }
    case 'internal':
      return { status: 500, title: 'Something went wrong', text: 'Nothing was decided. Try again in a moment.' }
    default:
      return { status: 503, title: 'Not just now', text: 'Approvals cannot be reached at the moment. The link stays good: try again in a minute.' }
  }
}
