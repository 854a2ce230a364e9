import { PLAN_SCHEMA_NAME } from '@signalbox/contracts'
import { StructuredOutputError, type ChatModel } from '@signalbox/llm'

import type { Drafter } from '../core/draw-plan.ts'

/** Has a chat model draw, by structured output. An answer that is no draft is a fault to be mended, not a failure. */
export function createModelDrafter(model: ChatModel): Drafter {
  return {
    async draft({ prompt, schema }, signal) {
      try {
        const { value, usage } = await model.structured({ name: PLAN_SCHEMA_NAME, schema, messages: prompt }, { signal })
        return { draft: value, text: JSON.stringify(value), usage }
      } catch (error) {
        if (!(error instanceof StructuredOutputError)) throw error
        return { draft: undefined, faults: error.faults, text: error.text, usage: error.usage }
      }
    },
  }
}
