const PLACE = String.raw`(?:knowledge(?: base)?|documents?|documentation|docs|files?|sources?|corpus|library)`
const OBJECT = String.raw`(?:(?:passages?|paragraphs?|sections?|excerpts?|information|details?|facts?|material|evidence|statements?|text)|${PLACE}|what(?:ever)? (?:the|our|your|these) ${PLACE} (?:say|says|tell us|states?))`
const LINK = String.raw`(?:(?:(?:that|which) )?(?:describ(?:e|es|ing)|explain(?:s|ing)?|discuss(?:es|ing)?|mention(?:s|ing)?|cover(?:s|ing)?|says?|speaks? of|deals? with|relat(?:ed|ing) to|about|on|for|of|regarding|concerning|in))`
const SOME = String.raw`(?:(?:me|all|any|the|our|your|these|some|most|relevant|related|key|specific) )*`

/** What a planner says around the thing to look for. */
const AROUND = [
  // `Please find`, `search the documents for`, `retrieve all relevant passages that describe`
  new RegExp(
    String.raw`^(?:please )?(?:(?:can|could) you )?(?:find(?: out:?)?|search(?: (?:for|in|through))?|look (?:up|for)|retrieve|locate) ${SOME}(?:${OBJECT}(?: (?:in|from) ${SOME}${PLACE})?(?: ${LINK})*:? )?(?:about )?`,
    'i',
  ),
  // Verbs that may be the thing itself (`list comprehensions`) only with what is to be got.
  new RegExp(
    String.raw`^(?:please )?(?:(?:can|could) you )?(?:get|gather|collect|fetch|identify|list|show|give|consult|check|provide) ${SOME}${OBJECT}(?: (?:in|from) ${SOME}${PLACE})?(?: ${LINK})*:? `,
    'i',
  ),
  new RegExp(String.raw`^what (?:do|does) (?:the|our|your|these) ${PLACE} (?:say|tell us|state) (?:about|on) `, 'i'),
  /,? (?:with|and|including)(?: their| the)? (?:sources?|citations?|references?)\.?$/i,
  new RegExp(String.raw`,? (?:in|from|within|using|according to) (?:the|our|your|these) (?:provided |given |available )?${PLACE}\.?$`, 'i'),
]

const LONGEST = 2_000
/** Less than that is no query: the instruction stands as it is. */
const SHORTEST = 3

/** An instruction as a query: without the words that ask, and with those that are asked for. */
export function toQuery(instruction: string): string {
  const line = instruction.replaceAll(/\s+/g, ' ').trim()
  const stripped = AROUND.reduce((text, pattern) => text.replace(pattern, ''), line).trim()
  return (stripped.length >= SHORTEST ? stripped : line).slice(0, LONGEST).toWellFormed()
}
