import { join } from 'node:path'

import { flag } from '@signalbox/config'
import { z } from 'zod'

import { PROJECT_FOLDER } from './sample-knowledge.ts'

/** What `npm start` reads for itself, beside the ports and what each service reads. */
export const startConfigSchema = z.object({
  DATA_DIR: z.string().default(join(PROJECT_FOLDER, '.signalbox')),
  SAMPLE_KNOWLEDGE: flag(true),
  LOG_LEVEL: z.string().default('info'),
})
