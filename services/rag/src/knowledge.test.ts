import { temporaryFolder } from '@signalbox/testing'
import { afterAll } from 'vitest'

import { ragConfigSchema } from './config.ts'
import { describeKnowledge } from './knowledge.contract.ts'

const folders: AsyncDisposable[] = []
afterAll(async () => {
  for (const folder of folders) await folder[Symbol.asyncDispose]()
})

describeKnowledge('the knowledge on the embedded database', async () => {
  const folder = await temporaryFolder()
  folders.push(folder)
  return ragConfigSchema.parse({ DATA_DIR: folder.path })
})
