/** What a planner says around the thing to look for. */
const FLUFF = [
  /^(?:please\s+)?(?:can you\s+)?(?:find|retrieve|search(?: for)?|look up|get|gather|collect|fetch|locate|identify|list)\s+(?:me\s+)?(?:all\s+|the\s+|any\s+)?(?:relevant\s+)?(?:passages?|documents?|information|details?|facts?|material|sections?|what(?:ever)?(?: (?:the|our|your) (?:documents?|knowledge(?: base)?|files?|sources?) says?)?)?\s*(?:about|on|for|of|regarding|concerning|describing|that describes?|explaining|that explains?|in)?\s*:?\s*/i,
  /\s*(?:,?\s*(?:with|and|including)\s+(?:sources?|citations?|references?))\s*\.?$/i,
]

/** An instruction as a query: without the words that ask, and with those that are asked for. */
export function toQuery(instruction: string): string {
  const line = instruction.replaceAll(/\s+/g, ' ').trim()
  const stripped = FLUFF.reduce((text, pattern) => text.replace(pattern, ''), line).trim()
  return (stripped.length >= 3 ? stripped : line).slice(0, 2_000)
}
