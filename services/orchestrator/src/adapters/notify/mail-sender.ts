import { createHash } from 'node:crypto'
import { isIP } from 'node:net'

import { createTransport } from 'nodemailer'
import { z } from 'zod'

import type { EmailConfig } from './channels-schema.ts'
import type { Message, Outcome, Sender } from './message.ts'
import { toFailure } from './to-failure.ts'
import { toMailText } from './to-mail-text.ts'
import { toHeadline } from './wording.ts'

/** What nodemailer says of a refusal, as far as it is repeated. */
const refusalSchema = z.object({
  responseCode: z.number(),
  command: z
    .string()
    .regex(/^[A-Z ]{1,20}$/)
    .optional()
    .catch(undefined),
})

/** Mail over the operator's own server. Their word is taken for where it stands; its certificate is checked. */
export function createMailSender(config: EmailConfig, options: { deadlineMs: number }): Sender {
  const { deadlineMs } = options
  const transport = createTransport(
    {
      ...readServer(config.smtp),
      connectionTimeout: deadlineMs,
      greetingTimeout: deadlineMs,
      socketTimeout: deadlineMs,
      dnsTimeout: deadlineMs,
      socketCloseTimeout: 1_000,
    },
    { disableFileAccess: true, disableUrlAccess: true },
  )
  return {
    async send(message, signal) {
      try {
        const { rejected } = await transport.sendMail({ ...toMail(message, config), signal })
        const note = rejected.length === 0 ? null : `${rejected.length} of ${config.to.length} addresses were refused.`
        return { state: 'delivered', status: 250, error: note }
      } catch (error) {
        return toRefusal(error) ?? toFailure(error)
      }
    },
    async close() {
      transport.close()
    },
  }
}

function toMail(message: Message, config: EmailConfig) {
  const { delivery, approval } = message
  const domain = config.from.address.split('@')[1] ?? 'localhost'
  return {
    from: config.from,
    to: config.to,
    subject: toHeadline(message),
    ...toMailText(message, config.recipient),
    // A try that was taken although we did not hear so is the same mail once more.
    messageId: `<${delivery.id}@${domain}>`,
    // All mails about one approval stand together.
    ...(approval && { references: [`<${createHash('sha256').update(approval.id).digest('hex').slice(0, 32)}@${domain}>`] }),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  }
}

/** Of an SMTP URL. A password crosses a network only encrypted, unless `?requireTLS=false` says otherwise; `=true` wants it in any case. */
function readServer(smtp: string) {
  const url = new URL(smtp)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const hasUser = url.username !== ''
  const secure = url.protocol === 'smtps:'
  const isHere = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
  const asked = url.searchParams.get('requireTLS')
  return {
    host,
    secure,
    port: Number(url.port) || (secure ? 465 : 587),
    requireTLS: !secure && (asked === null ? hasUser && !isHere : asked === 'true'),
    ...(hasUser && { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
  }
}

/** A server that answered no. 4xx passes, 5xx stays. Its own words are left out: they may repeat what it was told. */
function toRefusal(thrown: unknown): Outcome | undefined {
  const { success, data } = refusalSchema.safeParse(thrown)
  if (!success || data.responseCode < 400) return undefined
  const { responseCode: status, command } = data
  const error =
    command?.startsWith('AUTH') === true
      ? `The mail server answered ${status}: it did not take user and password.`
      : `The mail server answered ${status}${command ? ` to ${command}` : ''}.`
  return { state: 'failed', status, error, again: status < 500 }
}
