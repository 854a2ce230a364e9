import type { RoutingFacts } from './routing-facts.ts'

/**
 * Coding agents that describe their tools in their prompt, and read calls of them out of the model's text, send no
 * `tools` that would tell what they are. Whatever their user asked, each of their turns is for the model itself.
 */
const ROLES: readonly (readonly [agent: string, pattern: RegExp])[] = [
  ['Cline', /^you are cline\b/i],
  ['Roo Code', /^you are roo\b/i],
  ['Kilo Code', /^you are kilo code\b/i],
  ['Claude Code', /^you are (?:claude code\b|a claude agent\b|an interactive (?:cli|agent)\b)/i],
  ['Codex', /^you are (?:codex\b|(?:a|an) coding agent running in (?:the )?codex\b)/i],
  ['opencode', /^you are opencode\b/i],
  ['Cursor', /^you are an? (?:powerful )?(?:agentic )?ai (?:coding )?assistant\b.{0,160}\bcursor\b/is],
  ['Windsurf', /^you are cascade\b/i],
  ['Aider', /^act as an expert (?:software developer|code analyst)\b/i],
  ['goose', /^you are (?:a general-purpose ai agent called )?goose\b/i],
  ['Gemini CLI', /^you are (?:gemini cli\b|an interactive cli agent\b)/i],
  ['Qwen Code', /^you are qwen code\b/i],
  ['OpenHands', /^you are openhands\b/i],
]

/** How such agents say what came of a call, in the user's place. */
const RESULTS: readonly (readonly [agent: string, pattern: RegExp])[] = [
  ['a coding agent', /^\[[a-z]+(?:_[a-z]+)+(?: for ['"][^\n]{0,300}['"])?\] result:/i],
  ['a coding agent', /^\[error\] you did not use a tool in your previous response/i],
  ['a coding agent', /^\[task resumption\]/i],
]

const READ_CHARACTERS = 400

/** The agent whose turn a request is; undefined for what a person asks. */
export function readAgentTurn({ question, instructions }: Pick<RoutingFacts, 'question' | 'instructions'>): string | undefined {
  return find(ROLES, instructions) ?? (question.charCodeAt(0) === OPENING_BRACKET ? find(RESULTS, question) : undefined)
}

const OPENING_BRACKET = '['.charCodeAt(0)

function find(patterns: typeof ROLES, text: string): string | undefined {
  if (text === '') return undefined
  const opening = text.slice(0, READ_CHARACTERS).trimStart()
  return patterns.find(([, pattern]) => pattern.test(opening))?.[0]
}
