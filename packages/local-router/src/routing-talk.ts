/**
 * Talk about the routing itself, and not about what is wanted. A prompt cannot choose its own way: such clauses are taken
 * out before anything is judged, so that they weigh nothing, whichever way they point.
 */
const TALK = [
  String.raw`orchestrat\w*`,
  String.raw`needs[_ ]orchestration`,
  String.raw`multi-?agents?`,
  String.raw`signalbox`,
  String.raw`(?:ignore|disregard|forget|override)\s+(?:all\s+|any\s+|the\s+|your\s+|my\s+|these\s+|every\s+)*(?:(?:previous|prior|above|earlier|other|system|routing)\s+)*(?:instructions?|rules?|prompts?|guidelines|classifiers?|router)`,
  String.raw`(?:classif(?:y|ied|ier)|treat|mark|label|judge|flag|consider|count)\s+(?:this|it|me|my\s+\w+|the\s+(?:prompt|request|question|above|following))\s+(?:\w+\s+)?(?:as|to\s+be)\s+(?:an?\s+)?(?:\w+\s+)?(?:simple|complex|easy|hard|trivial|difficult|single|multi\S*|complicated)`,
  String.raw`(?:send|route|forward|escalate|pass|hand)\s+(?:this|it|me)\s+(?:on\s+|over\s+)?to\s+(?:the\s+)?(?:planner|workflow|agents|complex|simple|router|model|llm)`,
  String.raw`(?:this|it|the\s+following|what\s+follows|mine)\s*(?:is|are|'s)\s+(?:just\s+|only\s+|really\s+|actually\s+|not\s+)*(?:an?\s+)?(?:(?:very|really|quite|so|extremely|rather)\s+)*(?:simple|easy|trivial|complex|hard|difficult|complicated|quick|multi-?step|single-?step|one-?step)\s*(?:question|request|task|prompt|one|job|thing)?\s*(?=[.,:;!?\n)]|$)`,
  String.raw`(?:just\s+|only\s+)?(?:a|one|single|the)\s+(?:simple|single|trivial|complex|multi-?step)\s+(?:question|request|prompt|call)\s*(?=[.,:;!?\n)]|$)`,
  String.raw`(?:one|single|several|multiple|many|two)\s+(?:model\s+|llm\s+|api\s+)calls?`,
  String.raw`(?:use|call|start|spawn|run|launch|involve|activate|trigger|engage)\s+(?:an?\s+|all\s+|all\s+the\s+|every\s+|many\s+|several\s+|multiple\s+|more\s+|the\s+|your\s+)*(?:agents?|sub-?agents?|workflows?|planners?|swarm)`,
  String.raw`(?:no|without|don't\s+need|do\s+not\s+need|needs?|requires?)\s+(?:any\s+|an?\s+|several\s+|multiple\s+|many\s+|more\s+)*(?:agents?|workflows?|planning|planner|capabilities|tools)\b`,
  String.raw`(?:answer|respond|reply)\s+(?:(?:this|it|to\s+this)\s+)?(?:directly|in\s+one\s+(?:go|call|step))`,
  String.raw`(?:simple|complex)\s+(?:route|path|mode)`,
]
const ROUTING_TALK = new RegExp(String.raw`\b(?:${TALK.join('|')})`, 'i')

/** What ends a clause, which stays with it. */
const CLAUSE = /[^.!?\n:;,—]*(?:[.!?\n:;,—]+|$)/g

/** The verdict's own field, as somebody would write it to be obeyed. */
const FIELD = /["'`]?\bneeds[_ ]orchestration["'`]?\s*[:=]?\s*(?:(?:true|false|yes|no|1|0)\b)?[.,;]?/gi

/** A request without the clauses that speak of how it is to be routed. */
export function dropRoutingTalk(request: string): string {
  if (!ROUTING_TALK.test(request)) return request
  return request
    .replace(FIELD, ' ')
    .replace(CLAUSE, (clause) => (ROUTING_TALK.test(clause) ? ' ' : clause))
    .trim()
}
