import { renderA2AError } from '@signalbox/a2a'
import { mayActAs, readActorHeader, SERVICE_HEADERS, type Actor, type Role } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { z } from 'zod'

import type { Viewer } from '../core/approvals/ports.ts'

/** On whose behalf; the service token that was asked for before makes it believable. */
export function viewerOf(c: Context): Viewer {
  return { owner: c.req.header(SERVICE_HEADERS.owner)?.slice(0, 256) || 'anonymous', actor: readActorHeader(c.req.header(SERVICE_HEADERS.actor)) }
}

/** @throws AppError `permission_denied` where nobody acts, or somebody of a lower role. */
export function requireRole(c: Context, needed: Role): Actor {
  const { actor } = viewerOf(c)
  if (!actor || !mayActAs(actor.role, needed)) throw new AppError('permission_denied', `This takes the role ${needed}.`)
  return actor
}

/** @throws AppError `invalid_request` naming what is wrong. */
export function readInput<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const param = issue?.path.join('.') ?? ''
  throw new AppError('invalid_request', `${param || 'request'}: ${issue?.message ?? 'is not as it should be'}.`, { param })
}

/** A JSON body as the schema has it. @throws AppError `invalid_json`, `invalid_request`. */
export async function readBody<Schema extends z.ZodType>(c: Context, schema: Schema): Promise<z.infer<Schema>> {
  const text = await c.req.text()
  let value: unknown
  try {
    value = text.trim() === '' ? {} : JSON.parse(text)
  } catch (error) {
    throw new AppError('invalid_json', 'The body is not JSON.', { cause: error })
  }
  return readInput(schema, value)
}

export function limitBody(maxSize: number) {
  return bodyLimit({ maxSize, onError: () => renderA2AError(new AppError('payload_too_large', `The body is larger than ${maxSize} bytes.`)) })
}

/**
 * A2A's words for errors, but for its status of a conflict, which on that wire is 400. Where an approval stands
 * in the way, it comes along as it stands.
 */
export async function renderManagementError(thrown: unknown): Promise<Response> {
  const rendered = renderA2AError(thrown)
  const { code, details } = toAppError(thrown)
  if (code !== 'conflict') return rendered
  const body = (await rendered.json()) as { error: Record<string, unknown> }
  const approval = details['approval'] === undefined ? {} : { approval: details['approval'] }
  return Response.json({ ...body, error: { ...body.error, code: 409 }, ...approval }, { status: 409 })
}
