import { expect, test } from 'vitest'

import { readAgentTurn } from './agent-turn.ts'

test.each([
  ['You are Cline, a highly skilled software engineer with extensive knowledge in many programming languages', 'Cline'],
  ['You are Roo, an AI programming assistant operating in VS Code.', 'Roo Code'],
  ['You are Kilo Code, a highly skilled software engineer', 'Kilo Code'],
  ["You are Claude Code, Anthropic's official CLI for Claude.", 'Claude Code'],
  ['You are Codex, based on GPT-5. You are running as a coding agent in the Codex CLI', 'Codex'],
  ['You are a coding agent running in the Codex CLI, a terminal-based coding assistant.', 'Codex'],
  ['You are opencode, an interactive CLI tool that helps users', 'opencode'],
  ['You are an AI coding assistant, powered by GPT-5. You operate in Cursor.', 'Cursor'],
  ['You are a powerful agentic AI coding assistant, powered by Claude. You operate exclusively in Cursor, the best IDE.', 'Cursor'],
  ['Act as an expert software developer.\nAlways use best practices when coding.', 'Aider'],
  ['You are an interactive CLI agent specializing in software engineering tasks.', 'Claude Code'],
])('instructions that begin so are a coding agent’s: %s', (instructions, agent) => {
  expect(readAgentTurn({ question: 'compare A and B', instructions })).toBe(agent)
})

test.each([
  "[read_file for 'src/app.ts'] Result:\n1 | import x",
  '[execute_command for "npm test"] Result:\nCommand executed.',
  '[attempt_completion] Result:\nDone.',
  '[ERROR] You did not use a tool in your previous response! Please retry with a tool use.',
  '[TASK RESUMPTION] This task was interrupted just now.',
])('what came of a tool that stands in the text is one too: %s', (question) => {
  expect(readAgentTurn({ question, instructions: '' })).toBe('a coding agent')
})

test.each([
  ['compare A and B', 'You are a helpful assistant. You are Cline’s friend.'],
  ['Are you Cline?', ''],
  ['[1] is a citation: what does it say?', 'You are a lawyer.'],
  ['[result] Result: 3 to 1. Who played?', ''],
  ['You are Cline. Compare A and B', ''],
])('what a person asks is not: %s', (question, instructions) => {
  expect(readAgentTurn({ question, instructions })).toBeUndefined()
})
