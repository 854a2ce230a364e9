import type { Environment } from '@signalbox/config'
import { roleSchema } from '@signalbox/contracts'
import { z } from 'zod'

import { fillIn } from './fill-in.ts'

/** Events of an approval that a channel can be told of: all that there are, where it does not say. */
const APPROVAL_EVENTS = ['requested', 'escalated', 'decided', 'expired'] as const
/** Standard Webhooks asks for a secret of 24 to 64 bytes. */
const SECRET_BYTES = { least: 24, most: 64 }
/** What a webhook's headers say of the message itself is ours to say. */
const OUR_HEADERS = /^(webhook-.*|content-.*|transfer-encoding|host|connection|keep-alive|upgrade|expect|te|trailer)$/i

const channelIdSchema = z.string().regex(/^[A-Za-z][\w.-]{0,63}$/, 'is not a letter followed by up to 63 letters, digits, _, . and -')

const personSchema = z.string().regex(/^(user|oidc):\S{1,190}$/, 'is not of the form user:alice')

/** Whom a link speaks for. `user:alice` alone is an approver in no group. */
export const recipientSchema = z.union([
  personSchema.transform((id) => ({ id, name: id.slice(id.indexOf(':') + 1), role: 'approver' as const, groups: [] })),
  z.strictObject({
    id: personSchema,
    name: z.string().trim().min(1).max(200),
    role: roleSchema.default('approver'),
    groups: z.array(z.string().min(1).max(100)).max(64).default([]),
  }),
])
export type Recipient = z.infer<typeof recipientSchema>

const everyChannel = {
  id: channelIdSchema,
  /** Who reads this channel, where it is one person: links that are sent there decide in that person's name. */
  recipient: recipientSchema.optional(),
  events: z
    .array(z.enum(APPROVAL_EVENTS))
    .min(1)
    .default([...APPROVAL_EVENTS]),
}

const postUrlSchema = z
  .url({ protocol: /^https?$/, error: 'is not an http(s) URL' })
  .refine((url) => !hasCredentials(url), 'has a user or a password in it, which belong into headers')

const mailboxSchema = z
  .string()
  .max(320)
  .transform((text, context) => {
    const [, name, bracketed] = /^([^<>"\r\n]*)<([^<>\r\n]+)>$/.exec(text.trim()) ?? []
    const address = z.email().safeParse((bracketed ?? text).trim())
    if (address.success) return { name: name?.trim() ?? '', address: address.data }
    context.addIssue({ code: 'custom', message: 'is not a mail address' })
    return z.NEVER
  })

const webhookSchema = z.strictObject({
  ...everyChannel,
  type: z.literal('webhook'),
  url: postUrlSchema,
  secret: z.string().refine(isWebhookSecret, `is not whsec_ followed by ${SECRET_BYTES.least} to ${SECRET_BYTES.most} bytes in base64`),
  headers: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z0-9-]{1,64}$/, 'is not the name of a header')
        .refine((name) => !OUR_HEADERS.test(name), 'is a header that is not set from outside'),
      z
        .string()
        .max(4_096)
        .regex(/^[\x20-\x7e]*$/, 'is not printable ASCII'),
    )
    .default({}),
})

const slackSchema = z.strictObject({ ...everyChannel, type: z.literal('slack'), url: postUrlSchema })

const emailSchema = z
  .strictObject({
    ...everyChannel,
    type: z.literal('email'),
    to: z.array(z.email('is not a mail address')).min(1).max(50),
    from: mailboxSchema,
    /** `smtps://user:password@host`, or `smtp://…` which upgrades by STARTTLS. */
    smtp: z.url({ protocol: /^smtps?$/, error: 'is not an smtp(s) URL' }),
  })
  .refine(({ to, recipient }) => recipient === undefined || to.length === 1, {
    path: ['to'],
    message: 'has several addresses, but a link that decides in the name of one person goes to one address',
  })

export const channelConfigSchema = z.discriminatedUnion('type', [webhookSchema, slackSchema, emailSchema])
export type ChannelConfig = z.infer<typeof channelConfigSchema>
export type WebhookConfig = Extract<ChannelConfig, { type: 'webhook' }>
export type SlackConfig = Extract<ChannelConfig, { type: 'slack' }>
export type EmailConfig = Extract<ChannelConfig, { type: 'email' }>

/**
 * The list of channels as an operator writes it. `${NAME}` in any of its texts is the variable of that name in
 * `environment`; one that is not set is a fault with the place where it stands. No fault repeats a value.
 */
export function channelsSchema(environment: Environment) {
  return z
    .unknown()
    .transform((value, context) => fillIn(value, environment, (path, message) => context.addIssue({ code: 'custom', path, message })))
    .pipe(
      z
        .array(channelConfigSchema)
        .max(64)
        .superRefine((channels, context) => {
          const ids = channels.map(({ id }) => id)
          for (const [index, id] of ids.entries()) {
            if (ids.indexOf(id) < index) context.addIssue({ code: 'custom', path: [index, 'id'], message: 'is the id of another channel too' })
          }
        }),
    )
}

function isWebhookSecret(secret: string): boolean {
  const [, encoded = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  return bytes.toString('base64') === encoded && bytes.length >= SECRET_BYTES.least && bytes.length <= SECRET_BYTES.most
}

function hasCredentials(url: string): boolean {
  const { username, password } = new URL(url)
  return username !== '' || password !== ''
}
