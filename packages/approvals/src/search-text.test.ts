import { expect, test } from 'vitest'

import { decided, sampleApproval } from './contract/sample-approval.ts'
import { toSearchText, toSearchWords } from './search-text.ts'

test('what people read is searched, in one case and one spelling', () => {
  const approval = sampleApproval({ goal: 'ＧＯＡＬ', statement: 'Statement', why: 'Why', agent: 'Agent' })
  const text = toSearchText({ ...approval, action: { ...approval.action, tool: 'Tool' } })
  for (const word of ['deploy to production', 'deploy', 'tool', 'goal', 'agent', 'statement', 'why']) expect(text).toContain(word)
})

test('reasons are searched; arguments, which may hold what nobody should find, are not', () => {
  const approval = decided(sampleApproval())
  const [decision] = approval.decisions
  const text = toSearchText({ ...approval, decisions: decision ? [{ ...decision, reason: 'Fine by me' }] : [] })
  expect(text).toContain('fine by me')
  expect(text).not.toContain('prod"')
  expect(text).not.toContain('env')
})

test.each([
  [undefined, []],
  ['  ', []],
  [' Deploy\tPROD  deploy ', ['deploy', 'prod']],
  ['ﬁx', ['fix']],
])('the words of %j are %j', (query, words) => {
  expect(toSearchWords(query)).toEqual(words)
})
