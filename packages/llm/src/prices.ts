import { readFileSync } from 'node:fs'

import { ConfigError } from '@signalbox/config'
import { z } from 'zod'

import wellKnown from './prices.json' with { type: 'json' }

const priceSchema = z.object({ input: z.number().nonnegative(), output: z.number().nonnegative().default(0) })
const priceFileSchema = z.object({ as_of: z.string().optional(), unit: z.string().optional(), models: z.record(z.string().min(1), priceSchema) })

/** US dollars for a million tokens, by model. */
export type PriceMap = ReadonlyMap<string, z.infer<typeof priceSchema>>

/** List prices of well-known models, as of the date in `prices.json`. */
export const WELL_KNOWN_PRICES: PriceMap = new Map(Object.entries(wellKnown.models))

/**
 * The well-known prices, with those of a file of the same form put over them.
 *
 * @throws ConfigError when the file cannot be read or is not a price list.
 */
export function readPrices(file: string | undefined): PriceMap {
  if (file === undefined) return WELL_KNOWN_PRICES
  const parsed = priceFileSchema.safeParse(readJson(file))
  if (!parsed.success) throw new ConfigError('the price list', [`LLM_PRICES_FILE: ${file} is not {"models": {"name": {"input": 1, "output": 2}}}`])
  return new Map([...WELL_KNOWN_PRICES, ...Object.entries(parsed.data.models)])
}

/** What a call costs at list price (discounts, such as for cached input, are not known here), or null where the model's price is not known. */
export function toCost(prices: PriceMap, model: string, tokens: { prompt: number; completion: number }): number | null {
  const price = findPrice(prices, model)
  return price ? (tokens.prompt * price.input + tokens.completion * price.output) / 1_000_000 : null
}

/** Answers come from dated versions (`gpt-4o-mini-2024-07-18`), and routers put a vendor in front (`openai/gpt-4o-mini`). */
function findPrice(prices: PriceMap, model: string): z.infer<typeof priceSchema> | undefined {
  const bare = model.slice(model.lastIndexOf('/') + 1)
  return prices.get(model) ?? prices.get(bare) ?? prices.get(bare.replace(/-\d{4}-\d{2}-\d{2}$/, ''))
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown
  } catch (error) {
    throw new ConfigError('the price list', [
      `LLM_PRICES_FILE: ${file} cannot be read (${error instanceof SyntaxError ? 'not JSON' : ((error as NodeJS.ErrnoException).code ?? 'unknown')})`,
    ])
  }
}
