import type { Line } from '../model.ts'
import { shuffle, type Random } from '../grammar/random.ts'

export interface LineOptions {
  size: number
  epochs: number
  rate: number
  decay: number
  random: Random
}

/** Logistic regression over sparse binary features, by AdaGrad with weight decay. */
export function trainLine(features: readonly (readonly number[])[], labels: readonly number[], importance: readonly number[], options: LineOptions): Line {
  const weights = new Float64Array(options.size)
  const squares = new Float64Array(options.size).fill(1e-3)
  let bias = 0
  let biasSquares = 1e-3
  const order = features.map((_, index) => index)
  for (let epoch = 0; epoch < options.epochs; epoch++)
    for (const index of shuffle(options.random, order)) {
      const active = features[index] as readonly number[]
      const norm = 1 / Math.sqrt(active.length + 1)
      let sum = bias
      for (const feature of active) sum += (weights[feature] as number) * norm
      const error = (1 / (1 + Math.exp(-sum)) - (labels[index] as number)) * (importance[index] as number)
      for (const feature of active) {
        const gradient = error * norm + options.decay * (weights[feature] as number)
        squares[feature] = (squares[feature] as number) + gradient * gradient
        weights[feature] = (weights[feature] as number) - (options.rate * gradient) / Math.sqrt(squares[feature])
      }
      biasSquares += error * error
      bias -= (options.rate * error) / Math.sqrt(biasSquares)
    }
  return { bias, weights }
}
