import { AppError } from '@signalbox/errors'
import type { z } from 'zod'

/** @throws AppError `upstream_invalid` where an agent's answer is not what the protocol says. */
export function parseAnswer<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new AppError('upstream_invalid', `The agent's answer is not A2A: ${issue?.path.join('.') || 'it'} ${issue?.message ?? 'is wrong'}.`)
}
