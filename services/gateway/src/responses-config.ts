import { wholeNumber } from '@signalbox/config'
import { z } from 'zod'

/** What the gateway reads for `/v1/responses`. Spread into its schema. */
export const responsesFields = {
  /** How responses of the model itself are made: by an endpoint that has them, or from its chat. */
  LLM_RESPONSES: z.enum(['auto', 'passthrough', 'translate'], { error: 'is none of auto, passthrough and translate' }).default('auto'),
  /** How long a response that was stored can be asked for, in hours. */
  RESPONSE_RETENTION_H: wholeNumber({ min: 1, max: 8_760, fallback: 720 }),
}
