/** A JSON pointer (RFC 6901); empty for the whole. */
export function toPointer(path: readonly (string | number)[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** A path as people read it: `items[2].price`; keys that are no plain names are quoted. */
export function toPath(path: readonly (string | number)[]): string {
  if (path.length === 0) return 'everything'
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`
      if (!/^[A-Za-z_$][\w$-]*$/.test(step)) return `[${JSON.stringify(step)}]`
      return index === 0 ? step : `.${step}`
    })
    .join('')
}
