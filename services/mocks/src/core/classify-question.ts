import type { ClassifierVerdict } from '@signalbox/contracts'

import { isArithmetic } from './chat/arithmetic.ts'
import { readWishes } from './plan/read-wishes.ts'
import { shieldWords } from './plan/shield-words.ts'
import { splitGoal } from './plan/split-goal.ts'

/** A rule of the scripted classifier. The first one that matches decides, and is named in the reason. */
export interface RoutingRule {
  name: string
  needs_orchestration: boolean
  reason: string
  matches(question: string): boolean
}

const TASK =
  'write|send|book|order|buy|set|create|make|find|search|look up|play|schedule|print|call|apply|sell|take|translate|convert|detect|identify|generate|summari[sz]e|extract|classify|enhance|recognize|transcribe|answer|analy[sz]e|explain|describe|list|compare|check|plot|plan'

const test = (pattern: RegExp) => (question: string) => pattern.test(question)

export const ROUTING_RULES: readonly RoutingRule[] = [
  {
    name: 'empty',
    needs_orchestration: false,
    reason: 'there is nothing to work on',
    matches: (question) => question.trim() === '',
  },
  {
    name: 'small-talk',
    needs_orchestration: false,
    reason: 'a greeting or thanks',
    matches: (question) =>
      question.length < 80 &&
      /^\s*(?:hi|hello|hey|howdy|thanks?|thank you|good (?:morning|afternoon|evening|night|day)|bye|goodbye|ok(?:ay)?|how are you|who are you|what are you|ping|test)\b[^?]{0,40}\??\s*$/i.test(
        question,
      ),
  },
  {
    name: 'agents',
    needs_orchestration: true,
    reason: 'speaks to agents, by name or by words in brackets',
    matches: (question) =>
      shieldWords(question).goal !== question ||
      /\b(?:ask|have|let|get)\s+(?:the\s+)?[a-z]+(?:[-_][a-z0-9]+)+\s+(?:agent\s+)?(?:to|about|for)\b/i.test(question),
  },
  {
    name: 'arithmetic',
    needs_orchestration: false,
    reason: 'a sum that needs no look-up',
    matches: isArithmetic,
  },
  {
    name: 'echo',
    needs_orchestration: false,
    reason: 'asks for given words back',
    matches: test(/^\s*(?:please )?(?:say|repeat|echo|reply with|respond with|answer with)\b/i),
  },
  {
    name: 'code',
    needs_orchestration: false,
    reason: 'asks for or shows code',
    matches: test(
      /```|^\s*(?:please )?(?:write|implement|fix|refactor|debug|complete|code|create|generate)\b.{0,60}\b(?:function|regex|regular expression|script|code|query|class|component|program|sql|unit tests?|method|algorithm|html|css)\b/i,
    ),
  },
  {
    name: 'word-problem',
    needs_orchestration: false,
    reason: 'a problem that holds all it needs',
    matches: (question) =>
      /\bhow (?:many|much|long|old|far|tall)\b/i.test(question) &&
      (question.match(/\b\d+(?:[.,/]\d+)?\b|\b(?:twice|half|third|quarter|double|dozen)\b/gi)?.length ?? 0) >= 2,
  },
  {
    name: 'several-tasks',
    needs_orchestration: true,
    reason: 'several tasks, one after another or side by side',
    matches: (question) =>
      new RegExp(
        String.raw`(?:\b(?:and|then|after that|afterwards|finally|next|lastly|also)\b|[.;])[,\s]+(?:then |also |finally |please |to |i (?:also )?(?:want|need|would like)(?: you)? to )*(?:${TASK})\b.*`,
        'is',
      ).test(question) && new RegExp(String.raw`\b(?:${TASK})\b[\s\S]*\b(?:${TASK})\b`, 'i').test(question),
  },
  {
    name: 'comparison',
    needs_orchestration: true,
    reason: 'holds things side by side',
    matches: (question) => splitGoal(question).kind === 'comparison',
  },
  {
    name: 'several-questions',
    needs_orchestration: true,
    reason: 'several questions in one',
    matches: (question) => splitGoal(question).kind === 'questions',
  },
  {
    name: 'rewriting',
    needs_orchestration: false,
    reason: 'works on text that it brings along',
    matches: test(
      /^\s*(?:please |can you |could you )?(?:translate|rewrite|rephrase|paraphrase|proofread|correct|shorten|reword|polish|fix the (?:grammar|spelling)|(?:summari[sz]e|analy[sz]e|classify)\s+(?:this|the following|these))\b/i,
    ),
  },
  {
    name: 'creative-writing',
    needs_orchestration: false,
    reason: 'a short piece of free writing',
    matches: test(
      /\b(?:write|compose|tell|give|create|make up|draft|invent)\b.{0,40}\b(?:poem|haiku|joke|story|song|limerick|e-?mail|tweet|slogan|riddle|rhyme|letter|essay|dialogue|name|names|tagline|caption)\b/i,
    ),
  },
  {
    name: 'strategy',
    needs_orchestration: true,
    reason: 'asks for a vote, for the same on all that is found, or for a plan of its own',
    matches: (question) => {
      const { vote, each, subplan } = readWishes(question)
      return vote !== undefined || each !== undefined || subplan !== undefined
    },
  },
  {
    name: 'research',
    needs_orchestration: true,
    reason: 'asks for research or a judgement in steps',
    matches: test(
      /\b(?:research|investigate|step[- ]by[- ]step|in[- ]depth|thorough(?:ly)?|pros and cons|trade-?offs?|root cause|evaluate|assess|recommend(?:ation)?s?|advantages and disadvantages)\b/i,
    ),
  },
  {
    name: 'sources',
    needs_orchestration: true,
    reason: 'asks for sources',
    matches: test(/\b(?:cite|citations?|sources?|references?|quote|passages?|evidence)\b/i),
  },
  {
    name: 'documents',
    needs_orchestration: true,
    reason: "asks about the user's documents",
    matches: test(
      /\b(?:documents?|docs|documentation|files|notes|knowledge base|handbook|manuals?|guides?|wiki|policy|policies|corpus|papers|reports|according to)\b/i,
    ),
  },
  {
    name: 'look-up',
    needs_orchestration: true,
    reason: 'asks for facts, which this model can only look up',
    matches: (question) =>
      question.length < 240 &&
      /^\s*(?:(?:please |can you |could you )?(?:explain|describe|tell me about|find out|look up|show me)|what|how|why|when|where|which|who|does|do|is|are|can|should)\b/i.test(
        question,
      ) &&
      !/\b(?:i'm|i am|i have|my code|error)\b/i.test(question),
  },
]

const OTHERWISE = {
  name: 'otherwise',
  needs_orchestration: false,
  reason: 'one model call can answer',
}

const LONGEST_LOOK = 8_000

/** Decides by stated rules on the words alone. */
export function classifyQuestion(question: string): ClassifierVerdict {
  const opening = question.slice(0, LONGEST_LOOK)
  const rule = ROUTING_RULES.find(({ matches }) => matches(opening)) ?? OTHERWISE
  return { needs_orchestration: rule.needs_orchestration, reason: `${rule.name}: ${rule.reason}` }
}
