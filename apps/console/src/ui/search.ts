/** Search words without those that say nothing, as a URL carries them. */
export function toSearch<Words extends Record<string, string | undefined>>(words: Words): { [Name in keyof Words]?: string } {
  // What is left are texts; that some are gone is what the type says.
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined && value !== '')) as { [Name in keyof Words]?: string }
}
