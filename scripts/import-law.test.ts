import { expect, test } from 'vitest'

import { importFaults } from './import-law.mjs'

test.each([
  ['services/rag/src/core/a.ts', "import { x } from '@signalbox/a2a'"],
  ['services/rag/src/core/a.ts', "import { Hono } from 'hono'"],
  ['services/rag/src/core/a.ts', "import { x } from '../adapters/b.ts'"],
  ['services/rag/src/http/a.ts', "import { openRag } from '../app.ts'"],
  ['services/rag/src/adapters/x/a.ts', "import type {\n  Y,\n} from '../../index.ts'"],
  ['services/rag/src/core/a.ts', "const open = () => import('../adapters/b.ts')"],
  ['services/rag/src/core/a.ts', "export * from '../a2a/b.ts'"],
  ['packages/llm/src/a.ts', "import { temporaryFolder } from '@signalbox/testing'"],
])('%s may not: %s', (file, text) => {
  expect(importFaults(file, text)).toHaveLength(1)
})

test.each([
  ['services/rag/src/core/a.ts', "import { x } from '@signalbox/contracts'\nimport { y } from './b.ts'\nimport { z } from 'node:crypto'"],
  ['services/rag/src/adapters/a.ts', "import { x } from '../core/b.ts'\nimport postgres from 'postgres'"],
  ['services/rag/src/app.ts', "import { x } from './http/b.ts'"],
  ['services/rag/src/core/a.test.ts', "import { x } from '@signalbox/testing'\nimport { y } from '../adapters/b.ts'"],
])('%s may: %s', (file, text) => {
  expect(importFaults(file, text)).toEqual([])
})
