/** Words too common to tell one text from another, and the words of asking itself. */
const STOP_WORDS = new Set(
  `a about after again all also am an and any are as at be because been before being both but by can cannot compare compared could describe did differ
  difference differences different do does doing done each either else etc every explain few find for from further get gets give given go goes had has have
  having he help her here him his how however i if in into is it its itself just know let like list look make many may me might more most much must my need
  needs no nor not now of off often on once one only or other our out over own per please question same say says see several shall she should show since so
  some such tell than that the their them then there these they thing things this those through to too two under until up us use used using very via
  versus vs want was way we well were what when where whether which while who whom whose why will with within without would yes yet you your
  summarize summarise summary docs documents document documentation mention mentions anything everything overview`
    .split(/\s+/)
    .filter((word) => word !== ''),
)

/**
 * The words of a text that carry meaning, in order and reduced to a crude stem, so that "retries",
 * "retrying" and "retry" meet. `stalledInterval` counts as itself and as its parts.
 */
export function toTerms(text: string): string[] {
  const terms: string[] = []
  for (const [word] of text.matchAll(/[\p{L}\p{N}][\p{L}\p{N}_]*/gu)) {
    const lower = word.toLowerCase()
    if (STOP_WORDS.has(lower)) continue
    const parts = word.split(/_|(?<=\p{Ll})(?=\p{Lu}\p{Ll})/u)
    if (parts.length > 1) for (const part of parts) if (part.length > 2 && !STOP_WORDS.has(part.toLowerCase())) terms.push(toStem(part.toLowerCase()))
    terms.push(toStem(lower))
  }
  return terms
}

/** Cuts the commonest English endings. Wrong often enough for a linguist, right often enough for matching. */
export function toStem(word: string): string {
  if (word.length < 4 || /\d/.test(word)) return word
  let stem = word
  if (stem.endsWith('ies') && stem.length > 4) stem = `${stem.slice(0, -3)}y`
  else if (/(ss|x|ch|sh)es$/.test(stem)) stem = stem.slice(0, -2)
  else if (stem.endsWith('s') && !/(ss|us|is)$/.test(stem)) stem = stem.slice(0, -1)
  if (stem.endsWith('ied') && stem.length > 4) return `${stem.slice(0, -3)}y`
  for (const ending of ['ing', 'ed']) {
    if (!stem.endsWith(ending) || stem.length < ending.length + 4) continue
    stem = stem.slice(0, -ending.length)
    if (/([bdfgmnprt])\1$/.test(stem)) stem = stem.slice(0, -1)
    break
  }
  if (stem.endsWith('ation') && stem.length > 8) return stem.slice(0, -5).replace(/ll$/, 'l')
  if (stem.endsWith('ate') && stem.length > 7) return stem.slice(0, -3)
  return stem.endsWith('e') && stem.length > 4 ? stem.slice(0, -1) : stem
}
