/** The sum in a question that is nothing but a sum: "What is 17 * (3 + 4)?" → `17 * (3 + 4)`. */
function readSum(question: string): string | undefined {
  const sum = question
    .trim()
    .replace(/^(?:please\s+)?(?:what(?:'s| is)|calculate|compute|evaluate|how much is|solve)\s+/i, '')
    .replace(/[\s=?.!]+$/, '')
    .replaceAll(/\bplus\b/gi, '+')
    .replaceAll(/\bminus\b/gi, '-')
    .replaceAll(/\b(?:times|multiplied by)\b|[×x](?=\s*\d)/gi, '*')
    .replaceAll(/\bdivided by\b|÷/gi, '/')
    .replaceAll(/(?<=\d),(?=\d{3}\b)/g, '')
  return sum.length <= 200 && /^[\d\s.+\-*/^()%]+$/.test(sum) && /\d\s*[+\-*/^%]/.test(sum) ? sum : undefined
}

export function isArithmetic(question: string): boolean {
  return readSum(question) !== undefined
}

/** `17 * 3 = 51`, or undefined where the question is no sum or the sum has no result. */
export function answerArithmetic(question: string): string | undefined {
  const sum = readSum(question)
  if (sum === undefined) return undefined
  const result = evaluate(sum)
  return result === undefined || !Number.isFinite(result) ? undefined : `${sum.replaceAll(/\s+/g, ' ')} = ${Number(result.toPrecision(12))}`
}

type Operation = (a: number, b: number) => number
const LEVELS: readonly Record<string, Operation>[] = [
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => a / b, '%': (a, b) => a % b },
]

/** Recursive descent over `+ - * / % ^` and parentheses; undefined on anything that does not add up. */
function evaluate(sum: string): number | undefined {
  const tokens = sum.match(/\d+(?:\.\d+)?|\.\d+|[-+*/^%()]/g) ?? []
  let next = 0

  const chain = (level: number): number => {
    const operations = LEVELS[level]
    if (!operations) return power()
    let value = chain(level + 1)
    for (let operation = operations[tokens[next] ?? '']; operation; operation = operations[tokens[next] ?? '']) {
      next++
      value = operation(value, chain(level + 1))
    }
    return value
  }
  const power = (): number => {
    const base = atom()
    if (tokens[next] !== '^') return base
    next++
    return base ** power()
  }
  const atom = (): number => {
    const token = tokens[next++]
    if (token === '-') return -atom()
    if (token !== '(') return token === undefined ? NaN : Number(token)
    const value = chain(0)
    return tokens[next++] === ')' ? value : NaN
  }

  const value = chain(0)
  return next === tokens.length && !Number.isNaN(value) ? value : undefined
}
