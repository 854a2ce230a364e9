import type { Environment } from '@signalbox/config'

type Path = (string | number)[]

/** A JSON-like value with every `${NAME}` in its texts replaced from the environment. What is missing is told to `fault`, with where it stands. */
export function fillIn(value: unknown, environment: Environment, fault: (path: Path, message: string) => void, path: Path = []): unknown {
  if (typeof value === 'string') return fillText(value, environment, (message) => fault(path, message))
  if (Array.isArray(value)) return value.map((item, index) => fillIn(item, environment, fault, [...path, index]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, environment, fault, [...path, key])]))
}

function fillText(text: string, environment: Environment, fault: (message: string) => void): string {
  return text.replace(/\$\{([A-Za-z_]\w*)\}/g, (_whole, name: string) => {
    const found = environment[name]?.trim()
    if (!found) fault(`${name} is not set in the environment`)
    return found ?? ''
  })
}
