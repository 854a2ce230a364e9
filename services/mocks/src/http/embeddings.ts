import { countTokens } from '../core/text/count-tokens.ts'
import { embedText } from '../core/text/embed-text.ts'
import type { ScriptedModel } from './models.ts'
import type { EmbeddingsRequest } from './requests.ts'

const DEFAULT_DIMENSIONS = 256

/** OpenAI's answer to `POST /v1/embeddings`. */
export function renderEmbeddings(request: EmbeddingsRequest, model: ScriptedModel): Record<string, unknown> {
  const texts = toTexts(request.input)
  const prompt_tokens = texts.reduce((sum, text) => sum + countTokens(text), 0)
  const data = texts.map((text, index) => {
    const vector = embedText(text, request.dimensions ?? DEFAULT_DIMENSIONS)
    return {
      object: 'embedding',
      index,
      embedding: request.encoding_format === 'base64' ? toBase64(vector) : [...vector],
    }
  })
  return { object: 'list', data, model, usage: { prompt_tokens, total_tokens: prompt_tokens } }
}

/** Tokens stand for words that we cannot know; their numbers are embedded as words, so the same tokens are the same vector. */
function toTexts(input: EmbeddingsRequest['input']): string[] {
  if (typeof input === 'string') return [input]
  if (input.every((item) => typeof item === 'number')) return [input.join(' ')]
  return input.map((item) => (typeof item === 'string' ? item : [item].flat().join(' ')))
}

/** Little-endian 32-bit floats, as OpenAI sends them. */
function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}
