import { expect, test } from 'vitest'

import { readFollowUp, readOffer } from './follow-up.ts'

test.each([
  ...[
    'continue',
    'Continue.',
    'please continue',
    'Go on!',
    'keep going…',
    'try again',
    'Try again, please',
    'ok, go on',
    'yes, continue',
    '**continue**',
    'and then?',
  ],
  ...['weiter', 'Continuez, s’il te plaît', 'continúa', '继续', '続けて', 'продолжай'],
])('%s: what came before, further or once more', (words) => {
  expect(readFollowUp(words)).toBe('go_on')
})

test.each([
  'yes',
  'Yes please!',
  'yes, do it',
  'sure',
  'please do',
  'the first one',
  'Option B',
  '2',
  'both',
  'ja, bitte',
  'oui',
  'sí',
  '是的',
  'はい',
  'great, yes',
])('%s: what was offered', (words) => {
  expect(readFollowUp(words)).toBe('assent')
})

test.each(['thanks', 'Thank you so much!', 'thx :)'.slice(0, 3), 'no', 'No, thanks.', 'never mind', 'merci beaucoup', 'danke!', '谢谢'])(
  '%s: nothing',
  (words) => {
    expect(readFollowUp(words)).toBe('courtesy')
  },
)

test.each(['ok', 'Great!', 'perfect, thanks', 'got it', '👍', 'cool 😎'])('%s: assent where something was asked, else nothing', (words) => {
  expect(readFollowUp(words)).toBe('either')
})

test.each([
  'continue with the second chapter of the report',
  'yes, but compare it with last year as well',
  'thanks, now draft the letter to the landlord',
  'no, the other contract',
  'why?',
  'and in Berlin?',
  'compare A and B',
  'again I have to ask: what is our policy?',
  'Continue the story',
  '',
  '...',
  'x'.repeat(10_000),
])('%s: says something by itself', (words) => {
  expect(readFollowUp(words)).toBeUndefined()
})

test.each([
  ['Here it is.\n\nWould you like me to compare it with the other two contracts?', 'Would you like me to compare it with the other two contracts?'],
  ['Done. Shall I also check the notice periods? Just say so.', 'Shall I also check the notice periods?'],
  ['完了しました。比較しますか？', '比較しますか？'],
])('what an answer leaves open is read from its end: %s', (answer, offer) => {
  expect(readOffer(answer)).toBe(offer)
})

test.each(['It is blue.', '', 'Why is that? '.padEnd(400, 'x'), '?'])('an answer that ends otherwise offers nothing: %s', (answer) => {
  expect(readOffer(answer)).toBeUndefined()
})
