import { ragConfigSchema } from './config.ts'
import { describeKnowledge } from './knowledge.contract.ts'

/** Needs a Postgres with pgvector that may be emptied; fails, and does not skip, where none is given. */
describeKnowledge('the knowledge on a real Postgres', async () => {
  const url = process.env['TEST_DATABASE_URL']
  if (!url) throw new Error('TEST_DATABASE_URL is not set: give the URL of a Postgres with pgvector whose tables may be emptied')
  return ragConfigSchema.parse({ DATABASE_URL: url })
})
