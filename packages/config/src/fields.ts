import { z } from 'zod'

/** Schemas for the kinds of value that environment variables hold. */

/** `true`/`false`, `1`/`0`, `yes`/`no`, `on`/`off`. */
export function flag(fallback: boolean) {
  return z
    .string()
    .transform((text, context) => {
      const word = text.toLowerCase()
      if (['true', '1', 'yes', 'on'].includes(word)) return true
      if (['false', '0', 'no', 'off'].includes(word)) return false
      context.addIssue({ code: 'custom', message: 'is neither true nor false' })
      return z.NEVER
    })
    .default(fallback)
}

/** A whole number within bounds. */
export function wholeNumber(options: { min: number; max: number; fallback: number }) {
  return z.coerce
    .number({ error: 'is not a number' })
    .int('is not a whole number')
    .min(options.min, `is less than ${options.min}`)
    .max(options.max, `is more than ${options.max}`)
    .default(options.fallback)
}

/** A number within bounds. */
export function decimal(options: { min: number; max: number; fallback: number }) {
  return z.coerce
    .number({ error: 'is not a number' })
    .min(options.min, `is less than ${options.min}`)
    .max(options.max, `is more than ${options.max}`)
    .default(options.fallback)
}

export function port(fallback: number) {
  return wholeNumber({ min: 0, max: 65_535, fallback })
}

/** An http or https URL, without its trailing slash. */
export function httpUrl() {
  return z.url({ protocol: /^https?$/, error: 'is not an http(s) URL' }).transform((url) => url.replace(/\/+$/, ''))
}

/** A list separated by commas or blanks; empty when not set. */
export function list<Output>(item: z.ZodType<Output, string>) {
  return z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter((word) => word !== ''))
    .pipe(z.array(item))
}
