import { wholeNumber } from '@signalbox/config'
import { z } from 'zod'

/** What the gateway reads for `/v1/responses`. Spread into its schema. */
export const responsesFields = {
  /** How responses of the model itself are made: by an endpoint that has them, or from its chat. */
  LLM_RESPONSES: z.enum(['auto', 'passthrough', 'translate'], { error: 'is none of auto, passthrough and translate' }).default('auto'),
  /** How long a response that was stored can be asked for, in hours. */
  RESPONSE_RETENTION_H: wholeNumber({ min: 1, max: 8_760, fallback: 720 }),
  /** What one owner may keep of them, in megabytes: the largest that is kept at all fits in twice. */
  RESPONSE_MB_PER_OWNER: wholeNumber({ min: 32, max: 1_048_576, fallback: 512 }),
}
